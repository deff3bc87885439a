import { yesNo } from '../kinds.ts';
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
});
