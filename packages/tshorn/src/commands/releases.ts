import { command } from './command.ts';
import { COULD_NOT_ASK, MASTER_ARGUMENT, MASTER_OPTIONS } from './control/master-options.ts';

export const releases = command({
  name: 'releases',
  summary: 'List the releases that can be served again',
  about:
    'Lists the releases of a master, the newest first: which one `serves`, which one `tshorn rollback` brings (`previous`), which ones it can bring by name (`kept`), and which ones are `gone` or have failed (`-`), with the reason.',
  args: MASTER_ARGUMENT,
  options: { json: { summary: 'Print JSON, for programs' }, ...MASTER_OPTIONS },
  examples: [
    ['tshorn releases', 'the releases of this master'],
    [
      `tshorn releases --json | jq -r '.[] | select(.state=="serves").release'`,
      'the one that serves, for a script',
    ],
  ],
  exits: [[0, 'shown'], COULD_NOT_ASK],
  run: async (values) => (await import('./control/releases.ts')).releases(values),
});
