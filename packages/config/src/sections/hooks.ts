import { hookFunctions } from '../hooks-kind.ts';
import { duration } from '../kinds.ts';
import { section } from '../row.ts';

export const hooks = section('Hooks', {
  hookTimeout: {
    kind: duration('above zero'),
    default: 30_000,
    summary: 'How long a hook may take',
    reloadable: true,
    worker: true,
  },
  hooks: {
    kind: hookFunctions,
    flag: undefined,
    alsoEnv: 'none',
    default: {},
    summary: 'Functions to call at moments in the life of the master and of a worker',
    details: 'Only `start()` and a config file that is a script can hold functions.',
    reloadable: true,
  },
});
