/** Where each message of a worker goes: an event for the master's loop, or straight to the part that it concerns. */
import { formatAddress, type Metrics, type ToMaster, type WorkerState } from '@tshorn/core';
import { reportAccessLog } from './access-log-text.ts';
import type { Attendants } from './attendants.ts';
import type { Context } from './context.ts';
import type { Crew } from './crew.ts';
import { withFullServer } from './exit-reason.ts';
import type { Listener } from './listeners.ts';
import { threadTimes } from './os/proc.ts';
import type { Connection } from './transfer.ts';

/** `up` stays with the WorkerHandle. */
export type WorkerMessage = Exclude<ToMaster, { type: 'up' }>;

type Routes = {
  readonly [Type in WorkerMessage['type']]: (
    serial: number,
    message: Extract<WorkerMessage, { type: Type }>,
    connection: unknown,
  ) => void;
};

const textOf = ({ address }: Listener) => formatAddress(address);

/** The log's text about an app with two HTTP servers, when nothing says which one is to be served. */
export function twoServers({ served, other, port, keep }: TwoServers): string {
  const how =
    port === undefined
      ? 'give that one a port of its own, and that port to --app-port'
      : `use --app-port ${port}`;
  return `the app has two HTTP servers: ${served} is served, and ${other} listens by itself; to serve that one, ${how}; if it is right so, ${keep} silences this line`;
}

type TwoServers = Omit<Extract<ToMaster, { type: 'two-servers' }>, 'type'>;

type States = ReadonlySet<WorkerState | undefined>;

const LOADING: States = new Set(['spawned', 'booting', 'probing', 'admitted']);
/** An exception before ends the process at once; one after it changes nothing: the worker is leaving already. */
const MAY_CRASH: States = new Set(['admitted', 'ready', 'draining', 'parked', 'hung']);
const MAY_DRAIN: States = new Set(['draining', 'hung', 'failing', 'killed']);

/**
 * The app shares the worker's process and may send any of these at any time: a fact about a state that the worker is
 * not in changes nothing.
 */
export function routes(
  { log, view, enqueue, listeners, certificates, watch, observed, releaseOf }: Context,
  attendants: Attendants,
  crew: Crew,
): Routes {
  const { traffic, remaining, hangs, gate, unread, inspectors } = attendants;
  const { relay, migrations, balance } = traffic;
  let toldServers = '';
  let toldAsked = '';
  const toldAlso = new Set<string>();
  // In watch mode each save is a generation, and says the same.
  const eachTime = (serial: number) => (watch ? '' : view.identityOf(serial)?.generation);
  const whoIs = (serial: number) => {
    const known = view.identityOf(serial);
    return { ...(known && { worker: known.slot, gen: known.generation }), pid: pidOf(serial) };
  };
  const pidOf = (serial: number) => crew.get(serial)?.pid;
  const count = (serial: number, report: Metrics) => {
    const slot = view.identityOf(serial)?.slot;
    if (slot !== undefined) observed.registry.report(serial, slot, report);
  };
  return {
    loading: (serial, { level, text }) => enqueue({ type: 'worker-loading', serial, level, text }),
    loaded: (serial, { kind }) => enqueue({ type: 'worker-loaded', serial, kind }),
    'load-failed': (serial, { code, message, detail }) => {
      // A worker fails to load while it boots, when its probe shows that it is no app, and on its way into service.
      if (!LOADING.has(view.stateOf(serial))) return;
      watch?.broken(view.identityOf(serial)?.generation ?? 0, detail);
      enqueue({ type: 'worker-load-failed', serial, code, message, ...(detail && { detail }) });
    },
    probing: (serial, { type: _type, ...attempt }) => enqueue({ type: 'worker-probing', serial, ...attempt }),
    probed: (serial, { type: _type, ...report }) => {
      const { verdict, reason } = report;
      const full = verdict === 'broken' && reason && withFullServer(reason, crew.get(serial)?.lastLines);
      const bootCpu = threadTimes(pidOf(serial));
      enqueue({
        type: 'worker-probed',
        serial,
        report: { ...report, ...(full && { reason: full }) },
        ...(bootCpu && { bootCpu }),
      });
    },
    // Asked for by `tshorn doctor` alone, whose worker is not one of a server (check.ts).
    examined: () => {},
    accepting: (serial, { immovable, tls }) => {
      // A worker may have been ordered to drain, or killed, since it sent this.
      if (view.stateOf(serial) !== 'admitted') return;
      enqueue({ type: 'worker-accepting', serial });
      remaining.over(serial);
      traffic.opened(serial, immovable, tls);
    },
    'stopped-accepting': (serial) => enqueue({ type: 'worker-stopped-accepting', serial }),
    'moved-all': (serial) => enqueue({ type: 'worker-moved-all', serial }),
    crashed: (serial, { reason, culprit }) => {
      if (!MAY_CRASH.has(view.stateOf(serial))) return;
      // The worker has written its report before it sent this: one turn of the loop reads it, for the last lines.
      setImmediate(() => {
        enqueue({ type: 'worker-crashed', serial, reason, culprit });
        // In a stop nobody will come.
        if (view.takesRescued) relay.failed(serial);
        // Afterwards: the outcome of an attempt to save what it has is no news then.
        hangs.crashed(serial);
      });
    },
    'turns-again': (serial, { culprit }) => enqueue({ type: 'worker-turns-again', serial, culprit }),
    drained: (serial, { type: _type, ...report }) => {
      if (!MAY_DRAIN.has(view.stateOf(serial))) return;
      traffic.drained(serial, report);
      remaining.over(serial);
      enqueue({ type: 'worker-drained', serial, report });
    },
    'listeners-wanted': (serial) => {
      const state = view.stateOf(serial);
      if (state === 'ready' || state === 'admitted') crew.get(serial)?.attach(listeners, textOf);
    },
    closed: (serial) => enqueue({ type: 'worker-closed', serial }),
    'leave-requested': (serial, { signal }) =>
      enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by: signal } }),

    heartbeat: (serial, message) => attendants.received(serial, message),
    metrics: count,
    'app-metrics': (serial, report) => {
      const slot = view.identityOf(serial)?.slot;
      if (slot !== undefined) observed.apps.report(serial, slot, report);
    },
    late: (serial, { loopDelayMs, requests }) => hangs.late(serial, loopDelayMs, requests),
    waiting: (serial, { requests, more }) => hangs.waiting(serial, requests, more),
    sample: (serial, sample) => gate.sample(serial, sample),
    remaining: (serial, { left }) => remaining.report(serial, left),

    census: (serial, { connections }) => balance.report(serial, connections),
    'hand-over': (serial, { id, resumer, rescued, instead, carry }, connection) => {
      if (rescued) {
        traffic.rescued(serial);
        // A worker that exits gives no heartbeats while its connections leave.
        if (view.stateOf(serial) !== 'hung') hangs.heartbeat(serial, 0, performance.now());
      }
      // The worker may end at any moment, and must not be left with a connection that nobody could take so far.
      const failing = !rescued && view.stateOf(serial) === 'failing';
      relay.offer(serial, id, connection as Connection, { resumer, rescued, instead, failing, carry });
    },
    sent: (serial, { upTo }) => relay.sent(serial, upTo),
    took: (serial, { id }) => relay.took(serial, id),
    declined: (serial, { id, reason }) => relay.declined(serial, id, reason),
    state: (serial, { id, text }) => relay.state(serial, id, text),
    'certificates-held': (serial, { revision }) => certificates?.held(serial, revision),
    'certificates-failed': (serial, { revision, reason }) => certificates?.failed(serial, revision, reason),
    'resume-failed': (serial, failure) => migrations.resumeFailed(serial, failure),
    answered: (serial, { count }) => migrations.answered(serial, count),

    'two-servers': (serial, { type: _type, ...two }) => {
      // Every worker of a generation says so.
      const told = `${eachTime(serial)} ${two.served} ${two.other}`;
      if (told === toldServers) return;
      toldServers = told;
      log.warn({ event: 'two-servers', ...whoIs(serial), ...two }, twoServers(two));
    },
    'asked-elsewhere': (serial, { asked }) => {
      const told = `${eachTime(serial)} ${asked}`;
      if (told === toldAsked) return;
      toldAsked = told;
      const addresses = listeners.map(textOf);
      log.info(
        { event: 'served-elsewhere', ...whoIs(serial), asked, addresses },
        `the app asks for ${asked}; it is served on ${addresses.join(', ')} (--bind)`,
      );
    },
    'also-listening': (serial, { address }) => {
      const pid = pidOf(serial);
      const level = watch && toldAlso.has(address) ? 'debug' : 'info';
      toldAlso.add(address);
      log[level](
        { event: 'also-listening', ...whoIs(serial), address },
        `the app in pid=${pid} also listens on ${address}; node:cluster opened it: it drains with its worker, and its connections do not move`,
      );
    },
    inspector: (serial, report) => {
      if (report.state === 'waiting') watch?.waits();
      inspectors.report(serial, report);
    },
    'asks-primary': (serial, { library }) => unread.asks(pidOf(serial), library),
    'hook-failed': (serial, { hook, reason }) => {
      const pid = pidOf(serial);
      log.error(
        { event: 'hook-failed', hook, ...whoIs(serial) },
        `hook ${hook} failed in pid=${pid}: ${reason}`,
      );
    },
    'access-log': (serial, { state, lines, reason }) => {
      const worker = view.identityOf(serial);
      if (!worker) return;
      const { accessLog } = releaseOf(worker.generation).config;
      reportAccessLog(log, { ...worker, pid: pidOf(serial) }, { state, lines, reason }, accessLog);
    },
    log: (serial, { level, text }) => {
      const pid = pidOf(serial);
      log[level]({ event: 'worker-log', ...whoIs(serial) }, `pid=${pid}: ${text}`);
    },
  };
}

/** Calls the route of a message. */
export function route(routes: Routes, serial: number, message: WorkerMessage, connection: unknown): void {
  const handle = routes[message.type] as (serial: number, message: WorkerMessage, handle: unknown) => void;
  handle(serial, message, connection);
}
