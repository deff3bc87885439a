import { defaultControlPath } from '../control-path.ts';
import { orNone } from '../kinds.ts';
import { path } from '../path-kinds.ts';
import { section } from '../row.ts';

export const control = section('Control', {
  control: {
    kind: orNone(path('PATH', 'the path of a unix socket'), undefined),
    default: {
      compute: ({ env }) => defaultControlPath(env),
      inWords: '$XDG_RUNTIME_DIR/tshorn/PID.sock, else in TMPDIR/tshorn-UID',
    },
    summary: 'The unix socket for tshorn reload, status, scale and stop',
    details:
      'A relative path starts from `--chdir`. Only the same user can connect (mode 600). If the socket cannot be made, a warning is logged and the server runs without it. See [control.md](control.md).',
    reloadable: false,
  },
  pidFile: {
    kind: orNone(path('PATH', 'the path of a file'), undefined),
    default: undefined,
    summary: 'The file that holds the PID of the active master, for scripts and service managers',
    details:
      'A relative path starts from `--chdir`; name one outside the release. The file is replaced in one step, also by a [re-exec](re-exec.md), and removed at the stop. A file that a dead master has left is overwritten.',
    reloadable: false,
  },
});
