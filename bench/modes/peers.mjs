/** One and the same load and one reload each, by tshorn and by others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenLoop } from '../load/open-loop.mjs';
import { RunningPeer } from '../measure/peer.mjs';
import { median, quantile } from '../measure/stats.mjs';
import { find, peers as known } from '../peers/peers.mjs';
import { machine, save } from '../report/save.mjs';
import { ms, table, whole } from '../report/table.mjs';

/** Until every client has its connection. */
const WARM_UP_S = 6;
const BEFORE_S = 4;
/** Long enough for every idle client to ask once more. */
const AFTER_S = 6;

/**
 * No client retries. The idle ones ask every five seconds. None connects before it has something to ask:
 * a server of threads would have one waiting for each of them.
 */
const clientsOf = (port) => [
  new OpenLoop({ name: 'busy', port, rate: 320, keepAlive: true, connections: 16, ahead: false }),
  new OpenLoop({ name: 'idle', port, rate: 20, keepAlive: true, connections: 100, ahead: false }),
  new OpenLoop({ name: 'new', port, rate: 40, keepAlive: false }),
];

async function measure(peer, program, workers) {
  const server = await RunningPeer.start(peer, program, workers);
  const clients = clientsOf(server.port);
  try {
    for (const client of clients) client.start();
    await sleep(WARM_UP_S * 1000);
    const warm = Date.now();
    await sleep(BEFORE_S * 1000);
    const from = Date.now();
    const tookMs = await server.reload();
    const to = Date.now();
    await sleep(AFTER_S * 1000);
    await Promise.all(clients.map((client) => client.stop()));
    return { tookMs, ...count(clients, { warm, from, to }) };
  } finally {
    await Promise.all(clients.map((client) => client.stop()));
    await server.stop();
  }
}

function count(clients, { warm, from, to }) {
  const tallies = clients.map(({ tally }) => tally);
  const sum = (of) => tallies.reduce((total, tally) => total + of(tally), 0);
  const samples = tallies.flatMap(({ samples }) => samples);
  const during = samples.filter(({ at, ms }) => at >= from && at - ms <= to).map(({ ms }) => ms);
  const before = samples.filter(({ at }) => at >= warm && at < from).map(({ ms }) => ms);
  return {
    answered: sum(({ answered }) => answered),
    failed: sum(({ failed }) => failed),
    announced: sum(({ announced }) => announced),
    unannounced: sum(({ unannounced }) => unannounced),
    p99: { before: quantile(before, 0.99), during: quantile(during, 0.99) },
    clients: tallies.map(({ samples: _, failures: __, ...tally }) => tally),
  };
}

/** @param {{workers: number, rounds: number, only?: string}} options */
export async function peers({ only, ...options }) {
  const names = only?.split(',') ?? Object.keys(known);
  const unknown = names.filter((name) => !(name in known));
  if (unknown.length > 0) {
    throw new Error(`--only ${unknown}: the peers are ${Object.keys(known).join(', ')}`);
  }
  const results = {};
  const missing = {};
  for (let round = 0; round < options.rounds; round++) {
    for (const name of names) {
      const peer = known[name];
      const program = find(peer);
      if (!program) {
        missing[name] = peer.get;
        continue;
      }
      process.stderr.write(`${peer.name}\n`);
      try {
        const result = await measure(peer, program, options.workers);
        results[name] = [...(results[name] ?? []), result];
      } catch (error) {
        process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
        missing[name] = 'It was found, and did not work: see above';
      }
    }
  }
  return report(results, missing, options);
}

function report(results, missing, options) {
  const rows = Object.entries(results).map(([name, rounds]) => {
    const sum = (figure) => whole(rounds.reduce((total, round) => total + round[figure], 0));
    const middle = (of) => ms(median(rounds.map(of)));
    return [
      `${known[name].name} (${known[name].how})`,
      ...['answered', 'failed', 'unannounced', 'announced'].map(sum),
      middle(({ tookMs }) => tookMs),
      ...[middle(({ p99 }) => p99.before), middle(({ p99 }) => p99.during)],
    ];
  });
  const closed = ['closed, unannounced', 'announced'];
  const head = ['server', 'answered', 'failed', ...closed, 'reload took', 'p99 before', 'during'];
  const title = `One reload of ${options.workers} workers; 16 busy and 100 mostly idle keep-alive clients, and new connections; rounds: ${options.rounds}, summed`;
  console.log(`\n${table(head, rows, title)}`);
  for (const [name, get] of Object.entries(missing)) {
    console.log(`  no figures: ${known[name].name}. ${get}`);
  }
  const rounds = Object.values(results.tshorn ?? {});
  const own = rounds.reduce(
    (total, { failed, announced, unannounced }) => total + failed + announced + unannounced,
    0,
  );
  console.log(`\n${save('peers.json', { machine: machine(), options, missing, results })}`);
  return own === 0;
}
