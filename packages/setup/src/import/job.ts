/** A script that PM2 runs by the clock and that ends by itself: no server, and here it would start for ever. */
import { readFileSync } from 'node:fs';
import { shellWord } from '../shell-word.ts';
import { mayServe } from './port.ts';
import type { Refused, Runs } from './runs.ts';
import { fileOf } from './script.ts';
import type { App } from './settings.ts';
import { type RawObject, textOf } from './values.ts';

/**
 * Returns why the app is not imported, and the line that does its work; undefined for a server.
 * @param cwd absolute path of the app's directory
 * @param env merged variables of the app
 */
export function jobOf(app: App, runs: Runs, env: RawObject, cwd: string): Refused | undefined {
  const cron = textOf(app.cron_restart);
  const endsByItself = app.autorestart === false;
  const file = fileOf(runs.app, cwd);
  if (file === undefined || (cron === undefined && !endsByItself)) return undefined;
  // With both keys the script ends by itself and comes back by the clock: a module of its own is no sign of a server.
  const isServer =
    cron !== undefined && endsByItself ? /listen|serve/i.test(readFileSync(file, 'utf8')) : mayServe(file);
  if (isServer) return undefined;
  const { NODE_ENV } = { ...env, ...runs.variables };
  const variables = NODE_ENV === undefined ? [] : [`NODE_ENV=${shellWord(String(NODE_ENV))}`];
  const command = ['node', ...runs.flags, runs.app, ...runs.args].map(shellWord);
  const line = `cd ${shellWord(cwd)} && ${[...variables, ...command].join(' ')}`;
  const others = Object.keys(env).filter((name) => name !== 'NODE_ENV');
  const needs = others.length === 0 ? '' : `; it gets ${others.join(', ')} from env under PM2`;
  const why = `nothing in ${runs.app} listens, and tshorn, which serves HTTP, would start it again and again`;
  return cron === undefined
    ? { refused: `${why}. Run it by cron or a systemd timer${needs}:`, line }
    : { refused: `${why}. A line for crontab -e runs it${needs}:`, line: `${cron} ${line}` };
}
