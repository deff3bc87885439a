/** The lines of `tshorn logs`: which are shown, and how. Pure. */
import type { Colour, Paint } from '../../style.ts';

/** A line of the log, or one that a worker has printed. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly msg: string;
  /** As pino numbers them; absent where a worker has printed the line. */
  readonly level?: number;
  readonly event?: string;
  /** Slot of the worker. */
  readonly worker?: number;
  readonly pid?: number;
  readonly stream?: 'stdout' | 'stderr';
  readonly [field: string]: unknown;
}

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
const NAMES = new Map<number, string>(Object.entries(LEVELS).map(([name, level]) => [level, name]));
const COLOURS: Readonly<Record<string, Colour>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
};

/** `30` is `info`; a line without a level has none. */
export const levelName = (level = 0): string => NAMES.get(level) ?? String(level);

export interface Choice {
  /** Slot. */
  readonly worker?: number | undefined;
  readonly level?: string | undefined;
}

/** Chooses lines one after the other. Many lines name a worker by its pid alone: those of the slot are learnt on the way. */
export class Filter {
  readonly #choice: Choice;
  readonly #pids = new Set<number>();

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  shows({ level, worker, pid }: LogLine): boolean {
    const { worker: slot, level: least } = this.#choice;
    if (least !== undefined && (level ?? 0) < (LEVELS[least as keyof typeof LEVELS] ?? 0)) return false;
    if (slot === undefined) return true;
    if (worker === undefined) return pid !== undefined && this.#pids.has(pid);
    if (worker === slot && pid !== undefined) this.#pids.add(pid);
    return worker === slot;
  }
}

/** As the log looks on a terminal. @param now milliseconds since 1970: a line of another day has its date */
export function lineText({ time, level, msg, stream, worker }: LogLine, paint: Paint, now: number): string {
  const at = `[${timeOf(time, now)}]`;
  if (stream !== undefined) return `${paint('dim', `${at} worker ${worker} |`)} ${msg}`;
  const name = levelName(level);
  return `${paint('dim', at)} ${paint(COLOURS[name] ?? 'dim', name.toUpperCase())}: ${msg}`;
}

function timeOf(time: number, now: number): string {
  const local = (at: number) => {
    const date = new Date(at);
    return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  };
  const [day = '', clock = ''] = local(time).split('T');
  return day === local(now).slice(0, day.length) ? clock : `${day} ${clock}`;
}
