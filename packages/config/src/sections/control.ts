import { defaultControlPath } from '../control-path.ts';
import { orNone, text } from '../kinds.ts';
import { section } from '../row.ts';

export const control = section('Control', {
  control: {
    kind: orNone(text('PATH', 'the path of a unix socket'), undefined),
    default: {
      compute: ({ env }) => defaultControlPath(env),
      inWords: '$XDG_RUNTIME_DIR/tshorn/PID.sock, else in TMPDIR/tshorn-UID',
    },
    summary: 'The unix socket that tshorn reload, status, scale and stop talk to',
    details:
      'A relative path starts from `--chdir`. Only the same user can connect (mode 600). Where it cannot be made, the log has a warning and the server runs without it. See [control.md](control.md).',
    reloadable: false,
  },
  pidFile: {
    kind: orNone(text('PATH', 'the path of a file'), undefined),
    default: undefined,
    summary: 'A file that names the master active, for scripts and service managers',
    details:
      'A relative path starts from `--chdir`; name one outside of the release. It is replaced in one go, at a [re-exec](re-exec.md) as well, and removed at the stop. One that a dead master has left is overwritten.',
    reloadable: false,
  },
});
