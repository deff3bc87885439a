/** `watch` of PM2, a list of folders -> watch mode, which knows the files that the app has loaded by itself. */
import { join } from 'node:path';
import { type Draft, literal } from './draft.ts';
import type { App } from './settings.ts';
import { wordsOf } from './values.ts';

/** The directory of the app, or all of it. */
const ALL = /^(\.\/?|\.?\/?\*\*?(\/\*)?)$/;
/** Characters that mean something else in a regular expression than in a pattern for files. */
const EXPRESSION = /[\\^$|+()]/;
/** Watch mode leaves them out by itself. */
const ALWAYS = /^(\.\/)?(\*\*\/)?(node_modules|\.git)(\/(\*\*?)?)?$/;

/** @param directory that of the app, from that of the config file, where relative paths of it start */
export function mapWatch(draft: Draft, app: App, directory: string): void {
  if (app.watch === undefined || app.watch === false) return;
  draft.note(
    'differs',
    'watch',
    'for development alone: add --watch to the start, and a save of a file that the app has loaded reloads it',
  );
  const paths = wordsOf(app.watch).filter((path) => !ALL.test(path));
  const fromConfig = (path: string) => (path.startsWith('/') ? path : join(directory, path));
  if (paths.length > 0) draft.set('watchPath', literal(paths.map(fromConfig)), 'watch; read with --watch');
  const ignored = wordsOf(app.ignore_watch).filter((path) => !ALWAYS.test(path));
  const patterns = ignored.filter((path) => !EXPRESSION.test(path));
  if (patterns.length > 0) {
    const all = patterns.map((path) => (path.includes('/') ? fromConfig(path) : path));
    draft.set('watchIgnore', literal(all), 'ignore_watch; read with --watch');
  }
  for (const path of ignored.filter((path) => EXPRESSION.test(path))) {
    draft.note(
      'left-out',
      'ignore_watch',
      `"${path}" is a regular expression: write a pattern into watchIgnore`,
    );
  }
}
