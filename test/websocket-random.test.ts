/**
 * Clients that write frames cut at any byte, against a server that is reloaded and resized all the time: every
 * byte has to come back, in order, and no connection may be closed but as its client asks for it. WS_SEED
 * repeats a story (its bytes, not its timing), WS_SECONDS makes it longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_MS } from './support/deadline.ts';
import { disturb } from './support/disturb.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { type Bytes, type Echo, HANDSHAKE, RawWebSocket } from './support/raw-websocket.ts';
import { endServers, fixture, startServer } from './support/server.ts';
import { content } from './support/websocket-client.ts';
import { BINARY, CLOSE, CONTINUATION, encode, PING, PONG, TEXT } from './support/websocket-frames.ts';

const SEED = Number(process.env.WS_SEED ?? Date.now() % 1_000_000);
const SECONDS = times('WS_SECONDS', 5, 40);
const CLIENTS = 60;
const MOST_WORKERS = 4;
/** Where the form of a frame's length changes, and a socket's chunk of 64 kB ends. */
const BORDERS = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 70_000];

const clients: RawWebSocket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

class Script {
  readonly echoes: Echo[] = [];
  readonly #random: Random;
  readonly #frames: Buffer[] = [];
  #length = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  #frame(opcode: number, payload: Buffer, fin = true): void {
    const frame = encode({ opcode, payload, fin }, (this.#random.next() * 2 ** 32) >>> 0);
    this.#length += frame.length;
    this.#frames.push(frame);
  }

  message(): this {
    const random = this.#random;
    const opcode = random.of([TEXT, BINARY]);
    const length = random.chance(0.4) ? random.of(BORDERS) : Math.floor(random.upTo(3_000));
    const payload = content(random, length, opcode === BINARY);
    const count = random.chance(0.4) ? 1 + random.below(4) : 0;
    const cuts = Array.from({ length: count }, () => random.below(payload.length + 1)).sort((a, b) => a - b);
    for (const [at, cut] of [0, ...cuts].entries()) {
      const end = cuts[at] ?? payload.length;
      this.#frame(at === 0 ? opcode : CONTINUATION, payload.subarray(cut, end), at === cuts.length);
      if (random.chance(0.3)) this.ping();
    }
    this.echoes.push({ opcode, payload });
    return this;
  }

  ping(): this {
    const payload = content(this.#random, this.#random.below(126), true);
    this.#frame(PING, payload);
    this.echoes.push({ opcode: PONG, payload });
    return this;
  }

  close(code: number): this {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#frame(CLOSE, payload);
    return this;
  }

  /** Cut anywhere: often in the first bytes of a frame, where a connection still looks idle. */
  pieces(): Bytes[] {
    const random = this.#random;
    const cuts = new Set(Array.from({ length: random.below(5) }, () => random.below(this.#length)));
    let start = 0;
    for (const { length } of this.#frames) {
      if (random.chance(0.4)) cuts.add(start + random.below(15));
      start += length;
    }
    return cut(random, Buffer.concat(this.#frames), [...cuts]);
  }
}

function cut(random: Random, whole: Buffer, at: readonly number[]): Bytes[] {
  const cuts = at.filter((cut) => cut > 0 && cut < whole.length).sort((a, b) => a - b);
  return [0, ...cuts].map((cut, index) => ({
    bytes: whole.subarray(cut, cuts[index]),
    pauseMs: random.chance(0.3) ? 0 : random.upTo(200),
  }));
}

/** One connection after the other: some messages at a time, then a rest; at last it closes. */
async function live(port: number, random: Random, until: number): Promise<void> {
  while (performance.now() < until) {
    const client = await RawWebSocket.connect(port);
    clients.push(client);
    const cuts = random.chance(0.5) ? [random.below(HANDSHAKE.length)] : [];
    await client.write(cut(random, HANDSHAKE, cuts), []);
    await client.echoes();
    while (performance.now() < until && client.failures.length === 0) {
      const script = new Script(random);
      for (let count = 1 + random.below(3); count > 0; count--) script.message();
      if (random.chance(0.3)) script.ping();
      await client.write(script.pieces(), script.echoes);
      if (random.chance(0.7)) await client.echoes();
      await sleep(random.upTo(1_500));
      if (random.chance(0.04)) break;
    }
    await client.echoes();
    if (client.failures.length > 0) return;
    const code = 4_000 + random.below(1_000);
    const script = new Script(random).close(code);
    client.expectClose();
    await client.write(script.pieces(), []);
    await client.end();
    if (client.closeCode !== code) client.failures.push(`closed with ${code}, got ${client.closeCode}`);
  }
}

test(
  `random frames in random pieces against random reloads: seed ${SEED}`,
  async () => {
    process.stdout.write(`WS_SEED=${SEED}\n`);
    const server = await startServer(fixture('echoes-websockets.mjs'), { workers: 2 });
    const until = performance.now() + SECONDS * 1_000;
    const [done] = await Promise.all([
      disturb(server, new Random(SEED), until, { mostWorkers: MOST_WORKERS, restMs: 300 }),
      ...Array.from({ length: CLIENTS }, (_, at) => live(server.port, new Random(SEED + at + 1), until)),
    ]);
    const echoed = clients.reduce((sum, client) => sum + client.echoed, 0);
    const megabytes = Math.round(clients.reduce((sum, client) => sum + client.bytes, 0) / 1e6);
    const drains = server.of('drained');
    const moved = drains.reduce((sum, drain) => sum + (drain.moved as number), 0);
    process.stdout.write(
      `${clients.length} connections, ${echoed} messages, ${megabytes} MB, ${JSON.stringify(done)}, ${moved} moved by drains\n`,
    );
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    expect(drains.filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual([]);
    expect(moved).toBeGreaterThan(0);
    expect(server.output).toBe('');
  },
  TEST_MS + SECONDS * 1_000,
);
