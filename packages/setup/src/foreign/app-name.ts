/** `tshorn reload api`, `tshorn stop all`: PM2 names its apps; here a PID file names a server. */
import { readdirSync } from 'node:fs';
import { isEcosystem, TshornError } from '@tshorn/core';
import { shellWord } from '../shell-word.ts';

/**
 * The error that names the line to type.
 * @param command a command that asks a master, such as `reload`
 * @param words the words after it; the first one is the name of an app, its number, `all`, or an ecosystem file
 */
export function refuseAppName(command: string, words: readonly string[], cwd: string): TshornError {
  const [name = '', count] = words;
  const rest = command === 'scale' && count !== undefined ? [count] : [];
  const files = readdirSync(cwd).filter((file) => /\.pid$/.test(file));
  const own = files.filter((file) => file.startsWith(`tshorn.${name}.`) || file === `${name}.pid`);
  const isEach = name === 'all' || name === '0' || isEcosystem(name);
  const named = isEach ? files.filter((file) => file.startsWith('tshorn.')) : own;
  const lines = (named.length > 0 ? named : [undefined]).map((file) =>
    ['tshorn', command, ...rest, ...(file === undefined ? [] : ['--pid-file', file])]
      .map(shellWord)
      .join(' '),
  );
  const changed = isEcosystem(name) ? '; what has changed in that file belongs into its config file' : '';
  const others = isEach || own.length > 0 ? '' : '; with several servers: --pid-file FILE';
  return new TshornError(
    'ERR_OPTION',
    `tshorn ${command}: got "${name}"; a server has no name: it is the only one of this user, or --pid-file or a pid names it`,
    { fix: `type: ${lines.join(' && ')}${others}${changed}` },
  );
}
