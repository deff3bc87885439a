/** `tshorn init`: the questions on a terminal, and what was written. */
import { createInterface, type Interface } from 'node:readline/promises';
import { initProject } from '@tshorn/setup';
import { workingDirectory } from '../surroundings.ts';
import { paintFor, print } from './style.ts';

interface Values {
  readonly app: string | undefined;
  readonly yes: boolean;
}

export async function init({ app, yes }: Values): Promise<number> {
  const terminal = !yes && process.stdin.isTTY && process.stdout.isTTY ? openTerminal() : undefined;
  const paint = paintFor(process.stdout, process.env);
  const { paths, warnings, next } = await initProject({
    cwd: workingDirectory(),
    app,
    // 'strip' or 'transform'; absent where Node cannot.
    stripsTypes: 'typescript' in process.features && process.features.typescript !== false,
    ask:
      terminal &&
      ((question, fallback) => terminal.question(`${question} ${paint('dim', `[${fallback}]`)} `)),
    say: print,
  });
  terminal?.close();
  for (const path of paths) print(`written: ${path}`);
  for (const warning of warnings) process.stderr.write(`tshorn: warning: ${warning}\n`);
  print(['', 'Next', ...next].join('\n'));
  return 0;
}

/** Ctrl-C and the end of the input end the command: nothing is written before the last answer. */
function openTerminal(): Interface {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const leave = () => {
    process.stdout.write('\ntshorn: nothing is written\n');
    process.exit(130);
  };
  terminal.on('SIGINT', leave);
  process.stdin.once('end', leave);
  return terminal;
}
