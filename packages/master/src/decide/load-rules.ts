/**
 * The number of workers that the load asks for. Pure: a look at the workers and what is remembered of the earlier ones give a
 * decision, and the next memory. Created for ../../scaling/scaler.ts; docs/scaling.md explains the rules and compares them with others.
 *
 * The load is counted in workers: the sum of the utilisations of their event loops. It cannot be more than the workers that
 * serve, so under saturation it says nothing of how many are missing: then their number doubles, and is looked at again when
 * the new ones serve. A worker that boots counts: a boot of a minute starts no more of them.
 */
import { within } from './desired.ts';
import { boundsOf, type Held, type Limits } from './load-bounds.ts';
import { asPercent, figuresOf } from './load-figures.ts';

export const LOAD_REASONS = ['busy', 'saturated', 'queue', 'idle', 'cpus'] as const;
export type LoadReason = (typeof LOAD_REASONS)[number];

export interface ScalingSettings {
  /** Utilisation that is aimed at, from 0 to 1 (`--scale-target`). */
  readonly target: number;
  /** Milliseconds (`--scale-up-after`, `--scale-down-after`). */
  readonly upMs: number;
  readonly downMs: number;
}

/** One look at the server. */
export interface Seen extends Limits {
  /** Workers in service. */
  readonly ready: number;
  /** Sum of the utilisations of the event loops of those in service, each from 0 to 1. */
  readonly load: number;
  /** Connections that wait in the kernel; 0 where it does not tell. */
  readonly queued: number;
  /** Requests that have begun in each second. */
  readonly requests: number;
  /** Changes of size in a row that have failed. */
  readonly failures: number;
  /** `grow`: a growth is under way, and may become a larger one. `none`: another operation is under way, or the server leaves. */
  readonly may: 'all' | 'grow' | 'none';
}

type Look = Pick<Seen, 'at' | 'load' | 'queued' | 'ready'>;

export interface Memory {
  /** The last looks, as long as the window upwards. */
  readonly recent: readonly Look[];
  /** The means over that window, as long as the window downwards. */
  readonly means: readonly { readonly at: number; readonly load: number }[];
  readonly shrunkAt?: number;
  /** How often the time before a shrink has doubled. */
  readonly patience: number;
  readonly patienceAt: number;
  readonly failures: number;
  readonly pausedUntil: number;
}

export interface Wish {
  readonly to: number;
  readonly reason: LoadReason;
  readonly why: string;
}

export interface Judgement {
  readonly memory: Memory;
  readonly wish?: Wish;
  /** The load asks for more workers, and this is why there will be none. */
  readonly held?: Held;
  /** Load of now, as a mean over the window upwards. */
  readonly load: number;
}

/** Looks come once a second, and a little early or late. */
export const LOOK_MS = 1_000;
const JITTER_MS = 300;
/** From here on the load that is seen is no more than the workers that serve. */
const SATURATED = 0.95;
/** No growth is by more than this factor, whatever a queue says. */
const MOST_GROWTH = 6;
/** Doublings of the time before a shrink. */
const MOST_PATIENCE = 4;
/** A doubling is taken back after this time without a reversal, beyond the window itself. */
const FORGET_MS = 10 * 60_000;
/** A growth this many times the window after a shrink shows that the shrink was wrong. */
const TOO_SOON = 2;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/** @param patience that of an old master, after a re-exec */
export const firstMemory = (patience = 0): Memory => ({
  recent: [],
  means: [],
  patience,
  patienceAt: Number.NEGATIVE_INFINITY,
  failures: 0,
  pausedUntil: 0,
});

export function judge(before: Memory, seen: Seen, settings: ScalingSettings): Judgement {
  const memory = remember(before, seen, settings);
  const load = mean(memory.recent);
  const judged = { memory, load };
  if (seen.may === 'none' || seen.ready === 0) return judged;
  const bounds = boundsOf(seen);
  // A quota that has become smaller does not wait for the load.
  if (seen.may === 'all' && seen.coming > bounds.max) {
    const wish = { to: bounds.max, reason: 'cpus' as const, why: `at most ${bounds.max}${bounds.by}` };
    return { memory: shrunk(memory, seen), wish, load };
  }
  const more = wanted(memory, seen, settings, load);
  if (more && more.to > seen.coming) return grows(memory, seen, settings, load, more, bounds.max);
  const fewer = enough(memory, seen, settings);
  if (fewer === undefined) return judged;
  const to = within({ min: seen.range.min, max: bounds.max }, fewer);
  if (to >= seen.coming) return judged;
  const windowMs = settings.downMs * 2 ** memory.patience;
  const why = `${to} ${to === 1 ? 'is' : 'are'} enough for the most of the last ${windowMs / 1_000}s (load ${rounded(peak(memory))}, ${asPercent(settings.target)} each)`;
  return { memory: shrunk(memory, seen), wish: { to, reason: 'idle', why }, load };
}

function remember(before: Memory, seen: Seen, settings: ScalingSettings): Memory {
  const { at, load, queued, ready, failures } = seen;
  const recent = [...before.recent, { at, load, queued, ready }].filter(
    (look) => look.at > at - settings.upMs - JITTER_MS,
  );
  const windowMs = settings.downMs * 2 ** before.patience;
  // Before that nobody knew how much load there was: a shrink would undo the growth.
  const hasGrown = ready > (before.recent.at(-1)?.ready ?? ready);
  const means = [...(hasGrown ? [] : before.means), { at, load: mean(recent) }].filter(
    (look) => look.at >= at - windowMs - LOOK_MS - JITTER_MS,
  );
  const isForgotten = before.patience > 0 && at - before.patienceAt > FORGET_MS + windowMs;
  const hasFailed = failures > before.failures;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return {
    ...before,
    recent,
    means,
    ...(isForgotten && { patience: before.patience - 1, patienceAt: at }),
    failures,
    ...(hasFailed && { pausedUntil: at + pause }),
  };
}

/** The number of workers that the load asks for, where that is urgent. */
function wanted(memory: Memory, seen: Seen, { target, upMs }: ScalingSettings, load: number) {
  const { at, ready, queued } = seen;
  const busy = load / ready;
  const first = memory.recent[0]?.at ?? at;
  const isKnown = at - first >= Math.max(LOOK_MS, upMs - LOOK_MS) - JITTER_MS;
  const limit = (1 + target) / 2;
  const queue = trendOf(memory, seen);
  // Those that are to accept the connections that wait have no time: no window is waited for.
  const now = seen.load / ready;
  if (queue.waits && queue.growth >= 0 && now >= limit && !(isKnown && busy >= SATURATED)) {
    const to = missing(queue, seen, target);
    return { to, reason: 'queue' as const, why: figuresOf({ load: seen.load, ready, queued }) };
  }
  if (!isKnown || busy < limit) return undefined;
  const to = Math.ceil(load / target);
  const why = figuresOf({ load, ready, queued, overMs: upMs });
  if (busy < SATURATED) return { to, reason: 'busy' as const, why };
  const more = missing(queue, seen, target);
  return { to: queue.growth < 0 ? more : Math.max(to, more), reason: 'saturated' as const, why };
}

interface Trend {
  /** Connections have waited in the kernel at two looks in a row. */
  readonly waits: boolean;
  /** Connections each second. */
  readonly growth: number;
}

/** The kernel's queue, since the number of workers in service has changed. */
function trendOf({ recent }: Memory, { at, ready, queued }: Seen): Trend {
  const looks = recent.filter((look) => look.ready === ready && look.at >= at - 2 * LOOK_MS - JITTER_MS);
  const seconds = (at - (looks[0]?.at ?? at)) / 1_000;
  const growth = seconds > 0 ? (queued - (looks[0]?.queued ?? 0)) / seconds : 0;
  return { waits: looks.length > 1 && looks.slice(-2).every((look) => look.queued > 0), growth };
}

/**
 * The number of workers under saturation: twice as many. The kernel's queue tells more: as it grows, how much more work comes
 * than is done; as it shrinks, that there are enough. A request is taken to need what the others have needed.
 */
function missing({ growth }: Trend, { ready, load, requests }: Seen, target: number): number {
  const work = requests > 0 ? load / requests : 0;
  const known = Math.ceil((load + growth * work) / target);
  return growth < 0 ? known : Math.min(MOST_GROWTH * ready, Math.max(2 * ready, known));
}

function grows(
  memory: Memory,
  seen: Seen,
  { downMs }: ScalingSettings,
  load: number,
  { to: wish, reason, why }: Wish,
  max: number,
): Judgement {
  const bounds = boundsOf(seen);
  const held = bounds.heldAt(Math.min(wish, max), memory.pausedUntil);
  const to = Math.min(wish, max, held?.to ?? wish);
  const left = to < wish ? (held ?? bounds.most(wish)) : undefined;
  if (to <= seen.coming) return { memory, load, ...(left && { held: left }) };
  const { at } = seen;
  const windowMs = downMs * 2 ** memory.patience;
  const isReversal = memory.shrunkAt !== undefined && at - memory.shrunkAt < TOO_SOON * windowMs;
  const { shrunkAt: _told, ...rest } = memory;
  const next = isReversal
    ? { ...rest, patience: Math.min(MOST_PATIENCE, memory.patience + 1), patienceAt: at }
    : memory;
  return { memory: next, wish: { to, reason, why }, load, ...(left && { held: left }) };
}

/** The number that would have been enough at all times; undefined while that is not known. */
function enough(memory: Memory, seen: Seen, { target, upMs, downMs }: ScalingSettings): number | undefined {
  if (seen.may !== 'all' || seen.ready < seen.coming) return undefined;
  const first = memory.means[0]?.at ?? seen.at;
  if (seen.at - first < downMs * 2 ** memory.patience - JITTER_MS) return undefined;
  const of = (load: number) => Math.max(1, Math.ceil(load / target));
  const fewer = of(peak(memory));
  // The end of a peak leaves the window bit by bit: one shrink follows it, and not one for each bit.
  const later = memory.means.filter((look) => look.at > first + upMs + LOOK_MS);
  return later.length > 0 && of(peak({ means: later })) < fewer ? undefined : fewer;
}

const shrunk = (memory: Memory, { at }: Seen): Memory => ({ ...memory, shrunkAt: at });

const mean = (looks: readonly { readonly load: number }[]): number =>
  looks.reduce((sum, { load }) => sum + load, 0) / Math.max(1, looks.length);

const peak = ({ means }: Pick<Memory, 'means'>): number => Math.max(0, ...means.map(({ load }) => load));

const rounded = (value: number): number => Math.round(value * 100) / 100;
