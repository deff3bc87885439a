import { ownAddresses } from '../address-kinds.ts';
import { orNone, wholeNumber } from '../kinds.ts';
import { path } from '../path-kinds.ts';
import { section } from '../row.ts';

export const admin = section('Admin listener', {
  admin: {
    kind: ownAddresses('admin', 9464),
    default: [],
    summary:
      'The address on which the master answers /metrics, /status, /live, /ready, /startup and a page; repeatable',
    details:
      'HOST:PORT, [IPV6]:PORT or unix:PATH; :PORT, or PORT alone, is every address of the machine. It is read-only. A warning is logged for an address beyond loopback without `--admin-token`. See [The admin listener](admin.md).',
    reloadable: false,
  },
  adminToken: {
    kind: orNone(path('FILE', 'the path of a file'), undefined),
    default: undefined,
    summary: 'The file with the token that every path of the admin listener but the probes asks for',
    details:
      'A client sends `Authorization: Bearer TOKEN`, or the token as the password of Basic authentication, which a browser asks for. The file is read at the start and at each reload. A relative path starts from `--chdir`.',
    reloadable: true,
  },
  readyWorkers: {
    kind: wholeNumber(1),
    default: 1,
    summary: 'How many workers must be ready for /ready to answer 200, and the agent to answer "up"',
    reloadable: true,
  },
  agent: {
    kind: ownAddresses('agent', 9465),
    default: [],
    summary: "The address on which the master answers HAProxy's agent-check; repeatable",
    details:
      'It takes the forms of `--admin`. Each connection gets one line and is closed. See [HAProxy](admin.md#haproxy).',
    reloadable: false,
  },
});
