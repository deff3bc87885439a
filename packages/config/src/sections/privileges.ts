import { orNone, text, umask } from '../kinds.ts';
import { section } from '../row.ts';

const NAME = /^[^\s:,/\0]+$/;

export const privileges = section('Privileges', {
  user: {
    kind: orNone(text('NAME|UID', 'the name or the number of a user', NAME), undefined),
    default: undefined,
    summary: 'The user that the workers run as; the master stays root and binds the addresses',
    details:
      'The group is that of the user, unless `--group` names another one; supplementary groups are dropped. Unix sockets of `--bind` belong to that user and group. See [Privileges](privileges.md).',
    reloadable: false,
  },
  group: {
    kind: orNone(text('NAME|GID', 'the name or the number of a group', NAME), undefined),
    default: undefined,
    summary: 'The group that the workers run in',
    details: 'The master has to be root, as for `--user`.',
    reloadable: false,
  },
  umask: {
    kind: orNone(umask, undefined),
    default: undefined,
    summary: 'The umask of the workers, in octal',
    details:
      'The default is the umask of the master. The master keeps its own for the files that it writes, such as the log. In a config file it is a text.',
    reloadable: false,
  },
});
