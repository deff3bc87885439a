/**
 * `--statsd HOST:PORT`: sends what has been counted every two seconds, as datagrams. UDP: a receiver that is not there is no
 * error; a name that has no address is. Created by openPush().
 */
import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Config } from '@tshorn/config';
import type { Family } from '../metrics/family.ts';
import type { Outage } from './outage.ts';
import { datagrams, type StatsdCounts, statsdCounts, statsdLines, statsdPrefix } from './statsd-lines.ts';

/** As often as most workers report. */
const EVERY_MS = 2_000;
const LAST_MS = 500;

interface Surroundings {
  readonly families: () => Promise<Family[]>;
  /** Lines of the log since the start, by Gunicorn's names of the levels. */
  readonly logLines: () => StatsdCounts['log'];
  readonly outage: Outage;
}

const NOTHING: StatsdCounts = { workers: 0, statuses: new Map(), bounds: [], buckets: [], sum: 0, log: {} };

export class Statsd {
  readonly #target: NonNullable<Config['statsd']>;
  readonly #prefix: string;
  readonly #around: Surroundings;
  readonly #timer: NodeJS.Timeout;
  readonly #sockets = new Map<number, dgram.Socket>();
  #sending: Promise<void> | undefined;
  #before = NOTHING;
  #isHandedOver = false;

  constructor(target: NonNullable<Config['statsd']>, prefix: string, around: Surroundings) {
    this.#target = target;
    this.#prefix = statsdPrefix(prefix);
    this.#around = around;
    this.#timer = setInterval(() => this.#beat(), EVERY_MS).unref();
  }

  /** A gauge of this master would stand until the next datagram of the new one, and there are two of both in between. */
  handOver(): void {
    this.#isHandedOver = true;
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const expiry = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_MS);
    });
    // A look-up of a name may take long, also one that is under way.
    await Promise.race([Promise.resolve(this.#sending).then(() => this.#beat()), expiry]);
    clearTimeout(timer);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  /** Never rejects. */
  #beat(): Promise<void> {
    this.#sending ??= this.#send()
      .then(
        () => this.#around.outage.ended(),
        (error) => this.#around.outage.begun((error as Error).message),
      )
      .finally(() => {
        this.#sending = undefined;
      });
    return this.#sending;
  }

  async #send(): Promise<void> {
    const now = statsdCounts(await this.#around.families(), this.#around.logLines());
    const { address, family } = await lookup(this.#target.host);
    const packets = datagrams(statsdLines(this.#before, now, this.#prefix, !this.#isHandedOver));
    const socket = this.#socketOf(family);
    await Promise.all(packets.map((packet) => sendOne(socket, packet, this.#target.port, address)));
    // What could not be sent is in the next ones.
    this.#before = now;
  }

  #socketOf(family: number): dgram.Socket {
    const known = this.#sockets.get(family);
    if (known) return known;
    const socket = dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    socket.unref();
    this.#sockets.set(family, socket);
    return socket;
  }
}

const sendOne = (socket: dgram.Socket, packet: string, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(packet, port, address, (error) => (error ? reject(error) : resolve()));
  });
