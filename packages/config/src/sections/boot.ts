import { headers } from '../headers-kind.ts';
import { duration, oneOf, orNone, text, wholeNumber, yesNo } from '../kinds.ts';
import { section } from '../row.ts';
import { udpTarget } from '../udp-kinds.ts';

export const boot = section('Boot and probe', {
  bootTimeout: {
    kind: duration('above zero'),
    default: 120_000,
    summary: 'How long a worker may take from its start until it is ready',
    reloadable: true,
  },
  waitReady: {
    kind: yesNo,
    default: false,
    summary: "A worker is ready only when its app has called process.send('ready')",
    details:
      'For an app that listens before it can serve, such as one written for `wait_ready` of PM2. The message is waited for before the probe, within `--boot-timeout`.',
    reloadable: true,
    worker: true,
  },
  statusPath: {
    kind: orNone(text('PATH', 'a path that starts with "/"', /^\/[\x21-\x7e]*$/), ''),
    default: '/_status',
    summary: 'The path that a worker asks its own app for before it takes traffic; empty: no probe',
    details:
      'The request never leaves the process; its `User-Agent` is `tshorn-probe`. A path that you set has to answer 2xx, whatever path it is. While nobody sets one, the app need not know the default path: any answer below 500 admits the worker (404, 401, a redirect), and one line in the log says so. See [Reload](reload.md#each-worker-step-by-step).',
    reloadable: true,
    worker: true,
  },
  statusHeader: {
    kind: headers,
    default: [],
    summary: "A header of the probe's request, for an app that answers only to it; repeatable",
    details:
      'For example `Authorization: ...`, `X-Forwarded-Proto: https` for an app that redirects to HTTPS, or `Host: example.com` for one that knows its own names only. It replaces the header that the probe would send. In the environment, one header in each line. A secret belongs there or in the config file: other users can read a command line. `--print-config` shows the names alone.',
    reloadable: true,
    worker: true,
  },
  probeTimeout: {
    kind: duration('above zero'),
    default: 10_000,
    summary: 'How long one attempt of the probe may take',
    reloadable: true,
    worker: true,
  },
  probeAttempts: {
    kind: wholeNumber(1),
    default: 3,
    summary: 'How many attempts the probe has before the worker counts as broken',
    details:
      'While this is not set, an app that answers 404 or 503 at the path of `--status-path` is asked again for 10 s, since it may become ready only after it listens.',
    reloadable: true,
    worker: true,
  },
  probeInterval: {
    kind: duration(),
    default: 500,
    summary: 'The pause between two attempts of the probe',
    reloadable: true,
    worker: true,
  },
  statusTransport: {
    kind: oneOf('ipc', 'udp'),
    default: 'ipc',
    summary: 'How a worker reports the outcome of its probe to the master',
    reloadable: false,
  },
  notify: {
    kind: orNone(udpTarget, undefined),
    default: undefined,
    summary: 'The UDP address that is sent the outcome of each worker',
    details:
      'The master sends one datagram for each worker: the plain line `200 OK` when the worker is ready.',
    reloadable: true,
  },
});
