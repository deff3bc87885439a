/**
 * A server under a load that changes, second by second: work comes, workers do one second of it each second, and what they
 * cannot do waits. The load and all times are made from a seed.
 */
import type { Rule } from './peers.ts';

export interface Trace {
  readonly name: string;
  /** Work that comes in each second, in workers. */
  readonly work: readonly number[];
  /** Seconds that a worker boots. */
  readonly bootSeconds: number;
}

export interface Outcome {
  /** The most workers beyond those that the highest load of a minute needs at 60 %. */
  readonly overshoot: number;
  /** Seconds in which a request that came waited for more than half a second. */
  readonly tooSmall: number;
  /** In parts of those of a fixed number. */
  readonly hours: number;
  /** Changes of the direction. */
  readonly reversals: number;
}

export const RANGE = { min: 1, max: 8 };
const TARGET = 0.6;
/** A connection that waits for each request; one takes 20 ms. */
const REQUESTS_OF_A_SECOND = 50;

export function run({ work, bootSeconds }: Trace, rule: Rule): Outcome {
  let ready = RANGE.min;
  /** Seconds at which those that boot are ready. */
  let boots: number[] = [];
  let backlog = 0;
  let [largest, tooSmall, used, reversals, direction] = [0, 0, 0, 0, 0];
  for (let at = 0; at < work.length; at++) {
    ready += boots.filter((due) => due <= at).length;
    boots = boots.filter((due) => due > at);
    const due = backlog + (work[at] ?? 0);
    const load = Math.min(ready, due);
    // Clients give up after two seconds.
    backlog = Math.min(due - load, 2 * ready);
    if (backlog / ready > 0.5) tooSmall++;
    const coming = ready + boots.length;
    used += coming;
    largest = Math.max(largest, coming);
    const queued = Math.floor(backlog * REQUESTS_OF_A_SECOND);
    const requests = load * REQUESTS_OF_A_SECOND;
    const to = rule({ at, ready, coming, load, queued, requests, ...RANGE });
    const turn = Math.sign(to - coming);
    if (turn !== 0 && direction !== 0 && turn !== direction) reversals++;
    if (turn !== 0) direction = turn;
    for (let more = coming; more < to; more++) boots.push(at + bootSeconds);
    // Whoever boots is not needed then.
    for (let fewer = coming; fewer > to; fewer--) if (boots.pop() === undefined) ready--;
  }
  const highest = Math.ceil(Math.max(...work) / 1.15 / TARGET - 0.05);
  const overshoot = Math.max(0, largest - highest);
  return { overshoot, tooSmall, hours: used / (work.length * RANGE.max), reversals };
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function traces(seed: number): Trace[] {
  const random = randomFrom(seed);
  const noisy = (load: number) => load * (0.85 + 0.3 * random());
  const seconds = (count: number, load: (at: number) => number) =>
    Array.from({ length: count }, (_, at) => noisy(load(at)));
  const step = (before: number, during: number, after: number) =>
    seconds(before + during + after, (at) => (at >= before && at < before + during ? 3 : 0.5));
  const spiky = () => {
    let until = 0;
    return seconds(3_600, (at) => {
      // One in three minutes.
      if (at > until && random() < 1 / 180) until = at + 5 + 20 * random();
      return at < until ? 4 : 0.5;
    });
  };
  return [
    { name: 'step: 1x, 6x, 1x', work: step(120, 240, 240), bootSeconds: 2 },
    {
      name: 'a day in two hours',
      work: seconds(7_200, (at) => 2.5 - 2.2 * Math.cos((at / 7_200) * 2 * Math.PI)),
      bootSeconds: 2,
    },
    { name: 'spikes of 5 to 25 s', work: spiky(), bootSeconds: 2 },
    { name: 'step, boots of 60 s', work: step(120, 900, 300), bootSeconds: 60 },
  ];
}
