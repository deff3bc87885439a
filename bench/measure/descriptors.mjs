/** Checks that processes may open enough files: each connection takes one at each end. */
import fs from 'node:fs';

/** Descriptors that a process needs besides: libraries, other clients, connections in transit. */
const SPARE = 500;

/** Node raises its soft limit to the hard one by itself. */
function limit() {
  const line = fs.readFileSync('/proc/self/limits', 'utf8').match(/^Max open files +\S+ +(\S+)/m)?.[1];
  return line === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line);
}

/** Throws when one process cannot hold so many. @param {number} connections */
export function needDescriptors(connections) {
  const have = limit();
  if (have >= connections + SPARE) return;
  throw new Error(
    `${connections} connections need ${connections + SPARE} open files in the client and, at the worst, in ` +
      `one worker; here a process may have ${have} (\`ulimit -Hn\`). Raise it (as root: \`ulimit -n ` +
      `${connections + SPARE}\`), or try --connections ${Math.max(0, have - SPARE)}.`,
  );
}
