import type { TshornError } from '@tshorn/core';
import { foreignWord, refuseAppName } from '@tshorn/setup';
import { workingDirectory } from '../surroundings.ts';
import type { ForeignName } from './names.ts';

/** `tshorn restart`: @throws TshornError ERR_OPTION, in any case, which says what to type instead */
export async function foreign(word: ForeignName, words: readonly string[]): Promise<never> {
  throw foreignError(word, words);
}

export const foreignError = (word: ForeignName, words: readonly string[]): TshornError =>
  foreignWord(word, words, { cwd: workingDirectory() });

/** `tshorn reload api`: the error that names the line to type. */
export const appName = (command: string, words: readonly string[]): TshornError =>
  refuseAppName(command, words, workingDirectory());
