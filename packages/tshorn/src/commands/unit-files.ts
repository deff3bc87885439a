import {
  type MadeFile,
  makeContainer,
  makeUnits,
  thisMachine,
  type UnitOptions,
  writeFiles,
} from '@tshorn/setup';
import { workingDirectory } from '../surroundings.ts';
import { print } from './style.ts';

declare const TSHORN_VERSION: string;

interface Values extends UnitOptions {
  readonly container: boolean;
  readonly write: string | undefined;
}

/**
 * `tshorn unit APP`: prints the files, or writes them. Warnings go to standard error, so that the output can be a file.
 * @throws TshornError with the exit code that a start would have
 */
export async function printUnit(words: readonly string[], values: Values): Promise<number> {
  const cwd = workingDirectory();
  const machine = thisMachine({
    env: process.env,
    cwd,
    version: TSHORN_VERSION,
    program: process.argv[1] ?? '',
  });
  const { files, next, warnings } = await (values.container
    ? makeContainer(words, machine)
    : makeUnits(words, values, machine));
  const { write } = values;
  if (write === undefined) print(printed(files));
  else for (const path of writeFiles(files, write, cwd)) print(`written: ${path}`);
  for (const warning of warnings) process.stderr.write(`tshorn: warning: ${warning}\n`);
  if (write !== undefined) print(next.join('\n'));
  return 0;
}

const printed = (files: readonly MadeFile[]): string => {
  const texts = files.filter(({ isExtra }) => !isExtra).map(({ text }) => text);
  return texts.join('\n').trimEnd();
};
