/** Answers the script of a shell: `tshorn --get-yargs-completions SHELL WORD...`, whose last word is under the cursor. */
import { commandNames } from '@tshorn/core';
import { COMMAND_TABLE } from '../all.ts';
import type { Candidate } from '../command.ts';
import { print } from '../style.ts';
import { candidates } from './candidates.ts';

/** Resolves with 0, also when there is nothing to offer: an error would appear in the middle of what is typed. */
export async function answer([shell = 'bash', ...words]: readonly string[], cwd: string): Promise<number> {
  const typed = shell === 'bash' ? joined(words) : words;
  const around = { commands: COMMAND_TABLE, packageCommands: () => commandNames(cwd) };
  const { list, paths } = await candidates(typed, around).catch(() => ({ list: [], paths: true }));
  // bash replaces what stands behind the last = or : alone.
  const cut = shell === 'bash' ? (typed.at(-1) ?? '').length - lastPiece(words).length : 0;
  const lines = list.map((candidate) => lineOf(shell, { ...candidate, value: candidate.value.slice(cut) }));
  if (paths) lines.push(':paths');
  if (lines.length > 0) print(lines.join('\n'));
  return 0;
}

function lineOf(shell: string, { value, text = '' }: Candidate): string {
  const words = text.replace(/\s+/g, ' ');
  if (shell === 'zsh') return [value.replace(/[:\\]/g, '\\$&'), ...(words ? [words] : [])].join(':');
  return shell === 'fish' && words ? `${value}\t${words}` : value;
}

const isBreak = (word: string | undefined): boolean => word === '=' || word === ':';

/** bash makes three words of `--plan=canary` and of `app.js:handler`. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const [at, word] of words.entries()) {
    if (whole.length > 0 && (isBreak(word) || isBreak(words[at - 1]))) whole.push(`${whole.pop()}${word}`);
    else whole.push(word);
  }
  return whole;
}

const lastPiece = (words: readonly string[]): string => {
  const last = words.at(-1);
  return last === undefined || isBreak(last) ? '' : last;
};
