/**
 * nodemon(1), which restarts a program by SIGUSR2 (or its `--signal`) to every process that it has started: first to its
 * child, which may be a shell, and then to the others. It starts the program anew when its child has ended.
 */
import { basename } from 'node:path';
import { parentOf, wordsOf } from './os/proc.ts';

/** Between nodemon and the master stand a shell, and npm and npx with theirs. */
const MOST_ANCESTORS = 10;

export interface Processes {
  parentOf(pid: number): number | undefined;
  wordsOf(pid: number): readonly string[] | undefined;
}

/** True where nodemon has started this process. */
export function isUnderNodemon(ppid = process.ppid, processes: Processes = { parentOf, wordsOf }): boolean {
  let pid: number | undefined = ppid;
  for (let depth = 0; pid !== undefined && pid > 1 && depth < MOST_ANCESTORS; depth++) {
    // `node /app/node_modules/.bin/nodemon ...`
    const program = processes.wordsOf(pid)?.slice(0, 2) ?? [];
    // npm has its whole line as one word, which may end in a directory of that name.
    if (program.some((word) => !word.includes(' ') && /^nodemon(\.js)?$/.test(basename(word)))) return true;
    pid = processes.parentOf(pid);
  }
  return false;
}
