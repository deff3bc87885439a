/** The counts of one kind of client. */
export class Tally {
  answered = 0;
  refused = 0;
  reset = 0;
  timeout = 0;
  'non-2xx' = 0;
  announced = 0;
  unannounced = 0;
  /** Answers, in order. @type {{at: number, ms: number}[]} `at`: when, in ms since the epoch */
  samples = [];
  /** Failed requests and closed connections. @type {{at: number, kind: string}[]} */
  failures = [];

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  get failed() {
    return this.refused + this.reset + this.timeout + this['non-2xx'];
  }

  /** @param {import('./connection.mjs').Outcome} outcome */
  add(outcome, at, ms) {
    this[outcome]++;
    if (outcome === 'answered') this.samples.push({ at, ms });
    else this.failures.push({ at, kind: outcome });
  }

  /** The server closed a keep-alive connection, as its last response had said. */
  closedAnnounced() {
    this.announced++;
    this.failures.push({ at: Date.now(), kind: 'closed, announced' });
  }

  /** The server closed a keep-alive connection, and no response had said so. */
  closedUnannounced(at) {
    this.unannounced++;
    this.failures.push({ at, kind: 'closed' });
  }
}
