/** Asks a process through its inspector where its main thread is and which requests it has. */
import { type OpenRequest, readOpenRequests } from '@tshorn/core';
import type { Frame } from './frames.ts';
import type { Session } from './session.ts';
import { turnsOrStands } from './turning.ts';

/** The process did not answer in time for what is missing. */
export interface Inspection {
  /** Empty: the event loop turns. */
  stack?: readonly Frame[];
  requests?: OpenRequest[];
  rss?: number;
  heapUsed?: number;
  /** Resources that keep an idle event loop waiting: https://nodejs.org/api/process.html#processgetactiveresourcesinfo */
  waitsFor?: string[];
}

const QUESTION = `(() => {
  const { heapUsed, rss } = process.memoryUsage();
  const requests = globalThis[Symbol.for('tshorn.in-flight')]?.();
  return { rss, heapUsed, requests, waitsFor: process.getActiveResourcesInfo?.() };
})()`;
const QUESTION_MS = 500;
const TURN_MS = 500;

/** A process that runs JavaScript has paused by then; one whose event loop is idle pauses at the question itself. */
const PAUSE_MS = 250;

/** Afterwards a process that runs JavaScript stands still, and one whose event loop is idle runs on. */
export async function inspect(session: Session, withinMs: number): Promise<Inspection> {
  const until = performance.now() + withinMs;
  // The time may be over: Node warns of a negative number.
  const left = () => Math.max(0, until - performance.now());
  const found: Inspection = {};
  const take = (stack: readonly Frame[] | undefined) => {
    if (stack) found.stack = stack;
  };
  take(await session.pauseOnceRead(PAUSE_MS, left()));
  const answer = session.evaluate(QUESTION, left(), { timeout: QUESTION_MS });
  if (!found.stack) take(await session.paused(left()));
  read(found, await answer);
  // Stopped in the question alone: perhaps between two promise callbacks of many.
  if (found.stack?.length === 0 && (await turnsOrStands(session, TURN_MS, until)) !== 'turns') {
    delete found.stack;
    take(session.frames);
  }
  return found;
}

function read(found: Inspection, answer: unknown): void {
  const { requests, rss, heapUsed, waitsFor } = (answer ?? {}) as Record<string, unknown>;
  if (requests !== undefined) found.requests = readOpenRequests(requests);
  if (typeof rss === 'number') found.rss = rss;
  if (typeof heapUsed === 'number') found.heapUsed = heapUsed;
  if (Array.isArray(waitsFor)) found.waitsFor = waitsFor.slice(0, 100).map(String);
}
