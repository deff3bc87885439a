/** The app itself, as one worker of it has booted. */
import { formatMs } from '@tshorn/core';
import { type Check, failed, NOT_APPLICABLE, type Outcome } from '../check.ts';
import type { Facts } from '../facts.ts';

/** The idle timeout of AWS, GCP, nginx and HAProxy load balancers, or less. */
const BALANCER_MS = 60_000;
const MUCH_OUTPUT = 64 * 1024;

type Examined = NonNullable<NonNullable<NonNullable<Facts['app']>['report']>['examination']>;

/** Judges the answers of the worker; not applicable where none has booted. */
const examined =
  (judge: (examination: Examined, facts: Facts) => Outcome): Check['run'] =>
  (facts) => {
    const examination = facts.app?.report?.examination;
    return examination ? judge(examination, facts) : NOT_APPLICABLE;
  };

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const APP_CHECKS: readonly Check[] = [
  {
    id: 'app-start',
    group: 'App',
    levels: ['error'],
    title: 'The app does not start',
    why: 'no worker becomes ready, so a start fails and a reload is rolled back',
    mend: 'correct it, and look again by `tshorn check APP`',
    run: ({ app }) => {
      if (!app) return NOT_APPLICABLE;
      // Another check has this one.
      if (!app.failure || app.failure.code === 'ERR_USER') return 'ok';
      // An app that prints why and exits by itself has no other reason.
      const printed = app.lastLines.length > 0 && { detail: app.lastLines.join('\n') };
      return { ...printed, ...failed(app.failure) };
    },
  },
  {
    id: 'status-missing',
    group: 'App',
    levels: ['warning', 'note'],
    title: 'The app has no status path',
    why: 'a release that answers 404 to everything counts as alive, and replaces the good one',
    mend: 'answer `GET /_status` with 200 when the app can serve, or name your own path by --status-path',
    run: ({ app, server }) => {
      const probe = app?.report?.probe;
      if (!probe || !server) return NOT_APPLICABLE;
      const { statusPath } = server.config;
      if (statusPath === '') {
        return { level: 'note', seen: '--no-status-path: workers are admitted without a question' };
      }
      const later = app.report?.examination?.answers.find(({ path }) => path === statusPath)?.status ?? 0;
      if (probe.verdict !== 'alive' || (later >= 200 && later < 300)) return 'ok';
      return { level: 'warning', seen: `GET ${statusPath}: ${probe.status}` };
    },
  },
  {
    id: 'status-not-strict',
    group: 'App',
    levels: ['warning'],
    title: 'The status path is answered like any other path',
    why: 'the probe passes whatever is broken, so that a bad release can replace a good one',
    mend: 'give the status path a route of its own, which looks at what the app needs',
    run: examined(({ statusIsAnyPath, answers }, { server }) => {
      const path = server?.config.statusPath ?? '';
      const status = answers.find((answer) => answer.path === path)?.status ?? 0;
      if (!statusIsAnyPath || status < 200 || status > 299) return 'ok';
      const other = answers.find((answer) => answer.path.startsWith('/tshorn-doctor-'));
      return {
        level: 'warning',
        seen: `${path} and ${other?.path} have the same answer, ${status}`,
      };
    }),
  },
  {
    id: 'keep-alive',
    group: 'App',
    levels: ['warning'],
    title: "The keep-alive timeout is not longer than a load balancer's",
    why: 'the balancer sometimes sends a request on a connection that is being closed: a sporadic 502',
    mend: '--keep-alive-timeout 75s, or the same in the app: `server.keepAliveTimeout = 75_000`',
    run: examined(({ keepAliveTimeout: ms }, { server }) => {
      if (ms === 0 || ms > BALANCER_MS) return 'ok';
      const by = server?.given.has('keepAliveTimeout') ? '--keep-alive-timeout' : 'the app sets it';
      return {
        level: 'warning',
        seen: `${formatMs(ms)} (${by}); usual for a load balancer: ${formatMs(BALANCER_MS)}`,
      };
    }),
  },
  {
    id: 'slow-clients',
    group: 'App',
    levels: ['warning'],
    title: 'A client may take for ever to send its request',
    why: 'a few slow clients hold connections and memory without end',
    mend: 'leave `server.headersTimeout` and `server.requestTimeout` as Node has them, 60 s and 300 s',
    run: examined(({ headersTimeout, requestTimeout }) =>
      headersTimeout === 0 && requestTimeout === 0
        ? { level: 'warning', seen: 'headersTimeout 0 and requestTimeout 0: no limit' }
        : 'ok',
    ),
  },
  {
    id: 'closes-connections',
    group: 'App',
    levels: ['warning'],
    title: 'The app closes connections itself',
    why: 'each request pays for a new connection, and there is no idle one to keep over a reload',
    mend: 'leave the header `Connection` to Node, and `server.maxRequestsPerSocket` at 0',
    run: examined(({ answers, maxRequestsPerSocket }) => {
      if (maxRequestsPerSocket > 0) {
        const seen = `maxRequestsPerSocket = ${maxRequestsPerSocket}`;
        return { level: 'warning', seen };
      }
      if (answers.length === 0 || !answers.every(({ closes }) => closes)) return 'ok';
      return { level: 'warning', seen: 'Connection: close on each of its answers' };
    }),
  },
  {
    id: 'handoff',
    group: 'App',
    levels: ['warning', 'note'],
    title: 'Idle connections cannot move to a new worker',
    why: 'a reload closes them, in order, and their clients reconnect',
    mend: 'see docs/handoff.md: some can be mended in the app, and --tls-handoff at its default, yes, moves TLS 1.3',
    run: (facts) => {
      if (facts.server?.hasApp && !facts.server.config.handoff) {
        return { level: 'note', seen: '--handoff no', mend: 'leave --handoff at its default, yes' };
      }
      return examined(({ immovable }) => {
        switch (immovable) {
          case '':
            return 'ok';
          case 'tls':
            return {
              level: 'note',
              seen: 'the app speaks TLS itself, and with --tls-handoff no its keys stay in the worker',
            };
          case 'http2':
            return { level: 'note', seen: 'the app has its own server of HTTP/2, whose sessions drain' };
          case 'connection-listener':
            return {
              level: 'warning',
              seen: "a library has taken the server's connections over (PROXY protocol, say)",
            };
          case 'unknown-node':
            return {
              level: 'warning',
              seen: `the connections of its server cannot be listed (Node ${facts.node.version})`,
            };
        }
      })(facts);
    },
  },
  {
    id: 'slow-start',
    group: 'App',
    levels: ['warning'],
    title: 'The app needs more than half of the boot timeout',
    why: 'on a busy machine it is late, and a reload is rolled back',
    mend: 'raise --boot-timeout, or find what takes so long by `node --cpu-prof`',
    run: ({ app, server }) => {
      if (!app?.report || !server) return NOT_APPLICABLE;
      const { tookMs } = app.report;
      const { bootTimeout } = server.config;
      if (tookMs <= bootTimeout / 2) return 'ok';
      const twice = Math.ceil((tookMs * 4) / 1000);
      return {
        level: 'warning',
        seen: `ready after ${formatMs(tookMs)}, with --boot-timeout ${formatMs(bootTimeout)}`,
        mend: `--boot-timeout ${twice}s, or find what takes so long by \`node --cpu-prof\``,
      };
    },
  },
  {
    id: 'slow-clean-up',
    group: 'App',
    levels: ['warning'],
    title: 'The app stays after it was told to end',
    why: 'each reload and each stop waits for it, up to --grace, and then kills it',
    mend: "at the end of the app's clean-up call process.exit(), or close what is still open (timers, pools)",
    run: ({ app, server }) => {
      if (!app?.report || !server) return NOT_APPLICABLE;
      const { killed, tookMs } = app.report.leave;
      if (!killed) return 'ok';
      const grace = formatMs(server.config.grace);
      return { level: 'warning', seen: `alive ${formatMs(tookMs)} after SIGTERM, with --grace ${grace}` };
    },
  },
  {
    id: 'prints-much',
    group: 'App',
    levels: ['note'],
    title: 'The app prints much at its start',
    why: 'each worker prints it at each reload, and the lines that matter drown',
    mend: 'log less at the start, or keep the output apart by --output-file',
    run: ({ app }) => {
      if (!app?.report) return NOT_APPLICABLE;
      const { printedBytes } = app;
      if (printedBytes < MUCH_OUTPUT) return 'ok';
      return { level: 'note', seen: `${Math.round(printedBytes / 1024)} KB by one worker` };
    },
  },
  {
    id: 'boot-warnings',
    group: 'App',
    levels: ['note'],
    title: 'The boot of the app has warnings',
    why: 'a server logs them at each start',
    mend: 'each says what to do; `tshorn check APP` prints them',
    run: ({ app }) => {
      if (!app) return NOT_APPLICABLE;
      const [first, ...others] = app.warnings;
      if (first === undefined) return 'ok';
      const more = others.length > 0 ? ` (and ${plural(others.length, 'more line')})` : '';
      return { level: 'note', seen: `${first}${more}` };
    },
  },
];
