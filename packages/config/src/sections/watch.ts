import { yesNo } from '../kinds.ts';
import { globs } from '../path-kinds.ts';
import { section } from '../row.ts';

export const watch = section('Watch mode', {
  watch: {
    kind: yesNo,
    default: false,
    summary: 'For development: reload when a file that the app has loaded changes',
    details:
      'The config file and the environment files count too; files in `node_modules` do not. A release that fails to load leaves the last good one in service until the next save. See [Watch mode](watch.md).',
    reloadable: false,
  },
  watchPath: {
    kind: globs,
    default: [],
    summary: 'With --watch: more files that cause a reload, such as templates; repeatable',
    details:
      'A pattern with `*`, `?`, `[abc]`, `{a,b}` and `**`, where a backslash takes the next character as it is, or the path of a file or directory. Files that appear later count. Quote it, so that the shell leaves it alone. See [Watch mode](watch.md#more-files).',
    reloadable: true,
  },
  watchIgnore: {
    kind: globs,
    default: [],
    summary: 'With --watch: files that cause no reload; repeatable',
    details:
      'A pattern without a slash is the name of a file or directory anywhere, such as `generated` or `*.snap`.',
    reloadable: true,
  },
});
