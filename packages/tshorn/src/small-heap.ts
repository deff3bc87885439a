/**
 * Keeps V8's young generation small in the master, which holds little and lives long. By default V8 doubles it, up to 32 MB, while a
 * burst of work makes garbage faster than it is collected: a series of reloads does, and the memory comes back only when the process
 * has been at rest for some seconds (src/heap/memory-reducer.h).
 *
 * V8 reads the factor at each growth (src/heap/heap.cc), so it takes effect in a process that runs
 * (https://nodejs.org/api/v8.html#v8setflagsfromstringflags). Not before the start is over: V8 takes no compiled code from a cache that was
 * made under other flags, Node's own code neither, which costs a start 40 ms.
 */

/** The versions of V8 in which this has been measured: Node 20 to 26. Any other one would complain of a flag that it does not know. */
const KNOWN = { from: 11, to: 14 };

/** Does nothing where this V8 is not known. */
export async function keepHeapSmall(
  version = process.versions.v8,
  setFlag?: (flag: string) => void,
): Promise<void> {
  const major = Number.parseInt(version, 10);
  if (!(major >= KNOWN.from && major <= KNOWN.to)) return;
  const set = setFlag ?? (await import('node:v8')).setFlagsFromString;
  set('--semi-space-growth-factor=1');
}
