/**
 * Clients that write whatever comes to their mind in pieces that fall anywhere, against a server that is
 * reloaded and resized all the time: no request may fail, no byte may be missing or wrong, no connection
 * may be closed. HANDOFF_SEED repeats a story (its bytes, not its timing), HANDOFF_SECONDS makes it longer.
 */

import { disturb } from './support/disturb.ts';
import { KeepAliveClient, type Piece } from './support/keep-alive-client.ts';
import { times } from './support/long.ts';
import { Random } from './support/random.ts';
import { endServers, fixture, startServer } from './support/server.ts';

const SEED = Number(process.env.HANDOFF_SEED ?? Date.now() % 1_000_000);
const SECONDS = times('HANDOFF_SECONDS', 5, 60);
const CLIENTS = 60;
const MOST_WORKERS = 4;

const clients: KeepAliveClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

interface Exchange {
  readonly request: string;
  readonly answer: string;
}

/** A GET or a POST, its body with a length or in chunks; answered at once or bit by bit. */
function exchange(random: Random, name: string): Exchange {
  const parts = random.chance(0.3) ? 1 + random.below(4) : 0;
  const pad = random.below(2) * Math.floor(random.upTo(100_000));
  const path = `/${name}?parts=${parts}&ms=${random.chance(0.5) ? 0 : Math.floor(random.upTo(200))}&pad=${pad}`;
  const padding = 'p'.repeat(pad);
  const head = (method: string, more = '') => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  if (random.chance(0.6)) return { request: head('GET'), answer: `GET ${path}\n${padding}` };
  const body = Array.from({ length: Math.floor(random.upTo(500)) }, () => random.next().toString(36)).join(
    '\r\n',
  );
  const answer = `POST ${path}\n${body}${padding}`;
  if (random.chance(0.5))
    return { request: head('POST', `Content-Length: ${body.length}\r\n`) + body, answer };
  const half = random.below(body.length + 1);
  const chunks = [body.slice(0, half), body.slice(half)].filter((chunk) => chunk !== '');
  const chunked = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return { request: `${head('POST', 'Transfer-Encoding: chunked\r\n')}${chunked}0\r\n\r\n`, answer };
}

/** Cut anywhere: often in the first bytes of a request, where a connection still looks idle. */
function cut(random: Random, text: string, starts: readonly number[]): Piece[] {
  const cuts = new Set(Array.from({ length: random.below(5) }, () => random.below(text.length)));
  for (const start of starts) if (random.chance(0.5)) cuts.add(start + random.below(6));
  const at = [
    0,
    ...[...cuts].filter((cut) => cut > 0 && cut < text.length).sort((a, b) => a - b),
    text.length,
  ];
  return at.slice(1).map((end, index) => ({ text: text.slice(at[index], end), pauseMs: random.upTo(300) }));
}

/** One client's life: one to four requests at a time, then a rest. Resolves with how many were answered. */
async function live(client: KeepAliveClient, random: Random, name: string, until: number): Promise<void> {
  for (let round = 0; performance.now() < until && client.open; round++) {
    const count = random.chance(0.7) ? 1 : 2 + random.below(3);
    const exchanges = Array.from({ length: count }, (_, at) => exchange(random, `${name}-${round}-${at}`));
    let length = 0;
    const starts = exchanges.map(({ request }) => {
      length += request.length;
      return length - request.length;
    });
    const pieces = cut(random, exchanges.map(({ request }) => request).join(''), starts);
    await client.play(
      [{ text: '', pauseMs: random.upTo(1_500) }, ...pieces],
      exchanges.map(({ answer }) => answer),
    );
  }
}

test(
  `random requests in random pieces against random reloads: seed ${SEED}`,
  async () => {
    process.stdout.write(`HANDOFF_SEED=${SEED}\n`);
    const server = await startServer(fixture('echoes.mjs'), { workers: 2 });
    for (let at = 0; at < CLIENTS; at++) clients.push(await KeepAliveClient.connect({ port: server.port }));
    const until = performance.now() + SECONDS * 1_000;
    const [done] = await Promise.all([
      disturb(server, new Random(SEED), until, { mostWorkers: MOST_WORKERS }),
      ...clients.map((client, at) => live(client, new Random(SEED + at + 1), `c${at}`, until)),
    ]);
    const answered = clients.reduce((sum, client) => sum + client.answered, 0);
    const drains = server.of('drained');
    const moved = drains.reduce((sum, drain) => sum + (drain.moved as number), 0);
    process.stdout.write(`${answered} answers, ${JSON.stringify(done)}, ${moved} moved by drains\n`);
    expect(clients.flatMap(({ failures }) => failures)).toEqual([]);
    expect(clients.filter(({ open, rest }) => !open || rest !== '')).toEqual([]);
    expect(drains.filter(({ closed, forceClosed }) => closed || forceClosed)).toEqual([]);
    expect(server.output).toBe('');
  },
  SECONDS * 1_000 + 90_000,
);
