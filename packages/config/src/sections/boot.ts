import { duration, oneOf, orNone, text, udpTarget, wholeNumber } from '../kinds.ts';
import { section } from '../row.ts';

export const boot = section('Boot and probe', {
  bootTimeout: {
    kind: duration('above zero'),
    default: 120_000,
    summary: 'How long a worker may take from its start to being ready',
    reloadable: true,
  },
  statusPath: {
    kind: orNone(text('PATH', 'a path that starts with "/"', /^\/[\x21-\x7e]*$/), ''),
    default: '/_status',
    summary: 'What a worker asks its own app for before it takes traffic; empty for no probe',
    details:
      'The question never leaves the process. 200 admits the worker. An app that does not know the default path (404), or speaks only WebSockets (426), is admitted too; a 404 at a path that somebody named is a failure.',
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
    summary: 'How a worker tells the master the outcome of its probe',
    reloadable: false,
  },
  notify: {
    kind: orNone(udpTarget, undefined),
    default: undefined,
    summary: "Where to announce each worker's outcome by UDP",
    details: 'One datagram for each worker. It is the plain line `200 OK` when the worker is in service.',
    reloadable: true,
  },
});
