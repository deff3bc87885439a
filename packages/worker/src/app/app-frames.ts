/** The stack of an error of the app, without the frames of tshorn and Node. */
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeThrown, stackOf } from '@tshorn/core';

/** The thrown thing and its causes, with those frames only that are the app's. */
export function appFrames(thrown: unknown): string {
  const parts: string[] = [];
  for (let at = thrown, depth = 0; depth < 5; depth++) {
    parts.push(
      stackOf(at)
        .split('\n')
        .filter((line) => !(/^\s+at /.test(line) && isForeign(line)))
        .join('\n'),
    );
    if (at instanceof AggregateError)
      parts.push(...at.errors.slice(0, 5).map((one) => `  - ${describeThrown(one)}`));
    if (!(at instanceof Error) || at.cause === undefined) break;
    at = at.cause;
    parts.push('caused by:');
  }
  return parts.join('\n');
}

/** The directory that this very code runs from, in the source tree or in the published bundle. */
const ownDirectory = (() => {
  const frame = /((?:file:\/\/)?\/[^()]*):\d+:\d+\)?$/.exec(stackOf(new Error()).split('\n')[1] ?? '');
  return frame ? dirname(frame[1]!.replace(/^file:\/\//, '')) : undefined;
})();

/** True for a frame of Node, or of tshorn. */
export const isForeign = (frame: string): boolean =>
  /\bnode:[\w/]+:\d/.test(frame) ||
  // As a place; `Object.<anonymous> (/app.cjs:3:14)` is a CommonJS module's own top level.
  /(?:\(|at )<anonymous>\)?$/.test(frame) ||
  (ownDirectory !== undefined && frame.includes(`${ownDirectory}/`));

/** True for an exception of tshorn itself: none of the app's code has called what has thrown. */
export function isOwn(thrown: unknown): boolean {
  if (ownDirectory === undefined) return false;
  const frames = stackOf(thrown)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  const own = `${ownDirectory}/`;
  return frames.some((frame) => frame.includes(own)) && frames.every(isForeign);
}

/** `/srv/lib/a.js:3:7`: the first place in the app's code, its packages left out; undefined where there is none. */
export function thrownAt(thrown: unknown): string | undefined {
  const place = firstPlace(thrown, (frame) => !isForeign(frame) && !frame.includes('/node_modules/'));
  return place && `${place.path}:${place.line}${place.column}`;
}

function firstPlace(thrown: unknown, isIt: (frame: string) => boolean) {
  const frame = stackOf(thrown)
    .split('\n')
    .find((line) => /^\s+at /.test(line) && isIt(line));
  const [, file, line, column = ''] = /((?:file:\/\/)?\/[^()]*?):(\d+)(:\d+)?\)?$/.exec(frame ?? '') ?? [];
  if (file === undefined) return undefined;
  return { path: file.startsWith('file:') ? fileURLToPath(file) : file, line, column };
}

/** ` at app.js:3`: the first place in the app's code, from the current directory where it lies below; empty where there is none. */
export function placeOf(thrown: unknown): string {
  const place = firstPlace(thrown, (frame) => !isForeign(frame));
  if (!place) return '';
  const { path, line } = place;
  const below = relative(process.cwd(), path);
  return ` at ${below.startsWith('..') ? path : below}:${line}`;
}
