/**
 * How many workers a reload boots at a time where nobody says it (`--max-surge auto`): as many as the free CPUs have time for and
 * as fit into the memory. Pure.
 */

/** The machine, or the part of it that the server may use, at the begin of a reload. */
export interface Room {
  readonly cpus: number;
  /** CPUs in use. */
  readonly busy: number;
  /** Bytes; undefined where the system does not tell, as the next. */
  readonly freeBytes?: number;
  /** Bytes that one worker takes. */
  readonly workerBytes?: number;
}

/** The boot of one worker. */
export interface BootFigures {
  readonly bootMs?: number;
  /** Milliseconds in which its main thread ran, and in which it could have run and waited for a CPU. */
  readonly bootCpu?: { readonly ranMs: number; readonly waitedMs: number };
}

/** A boot of which nothing is known takes a CPU for itself. */
const WHOLE = 1;
/** Less than this is noise: nobody boots without a CPU. */
const LEAST_DEMAND = 0.02;
/** The part of the CPUs that boots have in any case. */
const LEAST_FREE = 1 / 4;
/** Some memory is left for what the workers that serve may yet need. */
const USED_OF_FREE = 0.8;
/** Boots that wait for a database would meet there all at once: a quarter of the workers, and four in any case. */
const PART_OF_SIZE = 1 / 4;
const ALWAYS_ALLOWED = 4;

/**
 * CPUs that a boot takes: 1 where it calculates all the time, and next to nothing where it waits. The time in a queue for a CPU does
 * not count: a boot beside many others would seem to wait, or to calculate, for longer than it does alone.
 */
export function demandOf(boots: readonly BootFigures[]): number {
  let wall = 0;
  let cpu = 0;
  for (const { bootMs, bootCpu } of boots) {
    if (!bootMs || !bootCpu) continue;
    cpu += bootCpu.ranMs;
    wall += Math.max(bootCpu.ranMs, bootMs - bootCpu.waitedMs);
  }
  return wall === 0 ? WHOLE : Math.min(WHOLE, Math.max(LEAST_DEMAND, cpu / wall));
}

/** CPUs that boots may count on: they have a part of a busy machine too, at a lower priority where that is possible. */
const freeCpus = ({ cpus, busy }: Room): number => Math.max(cpus * LEAST_FREE, cpus - busy);

/** At least 1. @param room undefined: nothing is known of the machine */
export function autoSurge(size: number, boots: readonly BootFigures[], room: Room | undefined): number {
  if (!room) return 1;
  const { freeBytes, workerBytes } = room;
  const byCpu = Math.round(freeCpus(room) / demandOf(boots));
  const isKnown = freeBytes !== undefined && workerBytes !== undefined && workerBytes > 0;
  const byMemory = isKnown ? Math.floor((freeBytes * USED_OF_FREE) / workerBytes) : size;
  const most = Math.max(ALWAYS_ALLOWED, Math.ceil(size * PART_OF_SIZE));
  return Math.max(1, Math.min(byCpu, byMemory, most, size));
}

/** The figures behind the number, for the log and the dry run. @param count the number that the plan makes of it */
export function describeSurge(count: number, boots: readonly BootFigures[], room: Room): string {
  const { cpus, freeBytes, workerBytes } = room;
  const cpu = `a boot takes ${demandOf(boots).toFixed(2)} CPUs, and ${freeCpus(room).toFixed(1)} of ${cpus} are free`;
  const isKnown = freeBytes !== undefined && workerBytes !== undefined;
  const memory = isKnown ? `; a worker takes ${mb(workerBytes)}, and ${mb(freeBytes)} are free` : '';
  return `up to ${count} ${count === 1 ? 'worker boots' : 'workers boot'} at a time: ${cpu}${memory}`;
}

const mb = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;
