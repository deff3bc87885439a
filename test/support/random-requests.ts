/** Random requests in random pieces, for clients that compare every byte of the answers. */
import type { KeepAliveClient, Piece } from './keep-alive-client.ts';
import type { Random } from './random.ts';

interface Exchange {
  readonly request: string;
  readonly answer: string;
}

/** Characters more in an answer. */
const MOST_PAD = 100_000;

export interface Habits {
  readonly restMs?: number;
  /** For requests that are pipelined. */
  readonly mostPipelinedPad?: number;
}

/** A GET or a POST, its body with a length or in chunks; answered at once or bit by bit. */
function exchange(random: Random, name: string, mostPad: number): Exchange {
  const parts = random.chance(0.3) ? 1 + random.below(4) : 0;
  const pad = random.below(2) * Math.floor(random.upTo(mostPad));
  const path = `/${name}?parts=${parts}&ms=${random.chance(0.5) ? 0 : Math.floor(random.upTo(200))}&pad=${pad}`;
  const padding = 'p'.repeat(pad);
  const head = (method: string, more = '') => `${method} ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  if (random.chance(0.6)) return { request: head('GET'), answer: `GET ${path}\n${padding}` };
  const body = Array.from({ length: Math.floor(random.upTo(Math.min(500, mostPad / 30))) }, () =>
    random.next().toString(36),
  ).join('\r\n');
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

/** One client's life: one to four requests at a time, then a rest of up to `restMs`, until it is over. */
export async function live(
  client: KeepAliveClient,
  random: Random,
  name: string,
  isOver: () => boolean,
  { restMs = 1_500, mostPipelinedPad = MOST_PAD }: Habits = {},
): Promise<void> {
  for (let round = 0; !isOver() && client.open; round++) {
    const count = random.chance(0.7) ? 1 : 2 + random.below(3);
    const exchanges = Array.from({ length: count }, (_, at) =>
      exchange(random, `${name}-${round}-${at}`, count > 1 ? mostPipelinedPad : MOST_PAD),
    );
    let length = 0;
    const starts = exchanges.map(({ request }) => {
      length += request.length;
      return length - request.length;
    });
    const pieces = cut(random, exchanges.map(({ request }) => request).join(''), starts);
    await client.play(
      [{ text: '', pauseMs: random.upTo(restMs) }, ...pieces],
      exchanges.map(({ answer }) => answer),
    );
  }
}
