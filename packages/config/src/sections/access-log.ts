import { accessFormat } from '../access-format-kind.ts';
import { orNone, wholePaths } from '../kinds.ts';
import { path } from '../path-kinds.ts';
import { proxies } from '../proxies-kind.ts';
import { section } from '../row.ts';

export const accessLog = section('Access log', {
  accessLog: {
    kind: orNone(path('FILE|-', 'the path of a file, or - for standard output'), ''),
    default: '',
    summary: 'The file to append a line to for each request; - for standard output',
    details:
      'A relative path starts from `--chdir`. `USR1` opens it again. A full disk costs lines, and no request. See [Access log](access-log.md).',
    reloadable: true,
    worker: true,
  },
  accessLogFormat: {
    kind: accessFormat,
    default: 'combined',
    summary: "The lines of the access log; a template has Gunicorn's atoms, such as '%(h)s %(r)s %(s)s'",
    details: '[Access log](access-log.md) lists the fields and the atoms.',
    reloadable: true,
    worker: true,
  },
  accessLogSkip: {
    kind: wholePaths,
    default: { compute: () => [], inWords: 'the status path alone' },
    summary: 'Paths whose requests the access log leaves out, besides the status path',
    details:
      '`--no-access-log-skip` leaves out none, not even the status path. A path counts as a whole, without its query.',
    reloadable: true,
    worker: true,
  },
  trustedProxies: {
    kind: proxies,
    default: [],
    summary: 'Proxies that are believed what they say of the address of a client',
    details:
      'From these addresses, `X-Forwarded-For` and `Forwarded` tell the client of a line in the access log. In requests from all others, the app does not see these, nor `X-Forwarded-*` and `X-Real-IP`. `--proxy-protocol` reads headers from these addresses alone. `loopback`, `private` and `unix` (clients of a unix socket) stand for the addresses of that kind. See [Proxies](proxies.md).',
    reloadable: true,
    worker: true,
  },
});
