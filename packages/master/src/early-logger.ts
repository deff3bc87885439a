/**
 * A logger that can be written to before its library is loaded. Loading pino takes 20 ms, in which the
 * first workers can already be starting: lines that are written meanwhile are kept, and come first.
 */
import type { Level } from './decide/notice.ts';
import type { LogFields } from './log-events.ts';

type Line = [fields: LogFields, text: string] | [text: string];

/** The part of pino's logger that tshorn uses. */
export interface Logger extends Record<Level, (...line: Line) => void> {
  /** The least important level that is written. */
  level: string;
}

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error', 'fatal'];

export function earlyLogger(
  level: string,
  library: Promise<Logger>,
): { logger: Logger; ready: Promise<void>; counts: Readonly<Record<Level, number>> } {
  let target: Logger | undefined;
  let wanted = level;
  const kept: [Level, Line][] = [];
  const counts: Record<Level, number> = { debug: 0, info: 0, warn: 0, error: 0, fatal: 0 };

  const write =
    (at: Level) =>
    (...line: Line) => {
      counts[at]++;
      if (target) target[at](...line);
      else kept.push([at, line]);
    };
  const methods = Object.fromEntries(LEVELS.map((at) => [at, write(at)])) as Record<
    Level,
    (...line: Line) => void
  >;
  const logger = Object.defineProperty(methods, 'level', {
    get: () => wanted,
    set(next: string) {
      wanted = next;
      if (target) target.level = next;
    },
  }) as Logger;

  const ready = library.then((loaded) => {
    loaded.level = wanted;
    target = loaded;
    for (const [at, line] of kept.splice(0)) loaded[at](...line);
  });
  return { logger, ready, counts };
}
