import { orNone, text, umask } from '../kinds.ts';
import { section } from '../row.ts';

const NAME = /^[^\s:,/\0]+$/;

export const privileges = section('Privileges', {
  user: {
    kind: orNone(text('NAME|UID', 'the name or the number of a user', NAME), undefined),
    default: undefined,
    summary: 'Run the workers as this user; the master stays root and binds the addresses',
    details:
      'The group is that of the user, unless `--group` names another one; supplementary groups are dropped. Unix sockets of `--bind` belong to that user and group. See [Privileges](privileges.md).',
    reloadable: false,
  },
  group: {
    kind: orNone(text('NAME|GID', 'the name or the number of a group', NAME), undefined),
    default: undefined,
    summary: 'Run the workers in this group',
    details: 'It needs a master that is root, as `--user` does.',
    reloadable: false,
  },
  umask: {
    kind: orNone(umask, undefined),
    default: undefined,
    summary: 'The umask of the workers, in octal',
    details:
      'By default it is that of the master, whose own files (the log, say) keep that. In a config file it is text.',
    reloadable: false,
  },
});
