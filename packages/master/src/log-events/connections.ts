import type { Rows } from './row.ts';

/** Connections that move, and listeners of the app. */
export const CONNECTIONS = {
  balance: {
    level: 'info or debug',
    fields: '`pid`, `count`',
    when: 'A worker hands idle connections over to [even out](handoff.md#connections-follow-the-workers) the load; at debug level where it is asked again, since too few were at rest.',
  },
  'no-handoff': {
    level: 'info or warn',
    fields: '`reason`',
    when: 'Connections of this server cannot move; logged once.',
  },
  'app-tls': {
    level: 'info',
    fields: '',
    when: 'The app makes an `https` server: addresses that tshorn serves in plain [speak TLS by it](tls.md#apps-that-speak-tls-by-themselves). Logged once.',
  },
  'resume-failed': {
    level: 'warn',
    fields: '`pid`, `resumer`, `reason`; `count` of further ones',
    when: 'A worker could not [resume](websockets.md#a-release-that-rejects-migrated-connections) a WebSocket or stream that moved to it.',
  },
  'two-servers': {
    level: 'warn',
    fields: '`worker`, `gen`, `pid`, `served`, `other`, `port`, `keep`',
    when: 'The app has [several HTTP servers](operating.md#which-of-several-servers-is-the-app), and nothing says which of them is to be served; logged once for each generation.',
    todo: 'Name the port that the right one asks for with `--app-port`.',
  },
  'served-elsewhere': {
    level: 'info',
    fields: '`worker`, `gen`, `pid`, `asked`, `addresses`',
    when: 'The app has asked for another port or path than [those that are served](operating.md#the-apps-own-server); logged once for each generation.',
  },
  'also-listening': {
    level: 'debug or info',
    fields: '`worker`, `gen`, `pid`, `address`',
    when: 'The app listens on [another port](operating.md#an-apps-other-ports), by `node:cluster`. In [watch mode](watch.md) `debug` after the first one.',
  },
} as const satisfies Rows;
