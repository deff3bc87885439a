/** Log files of PM2: two for each app, one for each stream -> `outputFile`, one for both streams of all workers. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Draft, literal } from './draft.ts';
import type { App } from './settings.ts';

const NOWHERE = '/dev/null';

/** @param cwd absolute: where a relative path starts, in PM2 and here */
export function mapLogs(draft: Draft, app: App, cwd: string): void {
  if (app.disable_logs === true) return draft.set('outputFile', literal(NOWHERE), 'disable_logs');
  const files = (['log_file', 'out_file', 'error_file'] as const).flatMap((key) => {
    const file = fileOf(app[key]);
    return file === undefined ? [] : [{ key, file }];
  });
  const [first, ...others] = files.filter(({ file }) => file !== NOWHERE);
  if (first === undefined) {
    if (files.length > 0) draft.set('outputFile', literal(NOWHERE), files.map(({ key }) => key).join(', '));
    return;
  }
  const isOne = others.every(({ file }) => file === first.file);
  const keys = isOne ? [first, ...others].map(({ key }) => key) : [first.key];
  draft.set('outputFile', literal(first.file), `${keys.join(', ')}: both streams, of all workers`);
  if (!isOne) {
    const left = others.filter(({ file }) => file !== first.file);
    for (const { key, file } of left)
      draft.note('differs', key, `${file} is not written: ${first.file} takes both streams`);
  }
  const directory = dirname(resolve(cwd, first.file));
  if (existsSync(directory)) return;
  draft.note('differs', first.key, `PM2 creates the folder; here you do: mkdir -p ${directory}`);
}

/** Undefined where PM2 uses its own default, below ~/.pm2/logs. */
function fileOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (value === 'NULL' || value === NOWHERE) return NOWHERE;
  return value.startsWith('~') ? join(homedir(), value.slice(1)) : value;
}
