/** The status of a master: made from its state, and never a part of it. */
import { type ExitKind, formatAddress, type MasterState } from '@tshorn/core';
import type { ContainmentCounts, Running, State } from './decide/model.ts';
import type { Listener } from './listeners.ts';
import type { Performer } from './perform.ts';
import type { Release } from './release.ts';
import { type DesiredStatus, desiredStatus } from './status-desired.ts';
import { type BackoffStatus, type DegradedStatus, healthOf } from './status-health.ts';
import type { CertificateStatus, Certificates, RefusedCertificates } from './tls/certificates.ts';
import type { TrafficStatus } from './traffic.ts';
import type { Vital } from './vitals.ts';

export interface WorkerStatus {
  readonly slot: number;
  readonly generation: number;
  /** The name of its release; absent where that has none. */
  readonly release?: string;
  readonly pid: number | undefined;
  readonly state: string;
  readonly uptimeMs: number;
  /** Milliseconds from its start until it had passed its probe; absent before that. */
  readonly bootMs?: number;
  /** As it has told last: when the number has changed by more than a tenth. */
  readonly connections: number;
  /** Requests that it has begun to answer; absent until its app is loaded, as the next one is. */
  readonly requests?: number;
  /** Bytes of memory that it holds. */
  readonly memory?: number;
  /** By how many milliseconds its event loop was late at its last heartbeat. */
  readonly loopDelayMs?: number;
  /** Requests that it has shed; absent with `--overload off`, and before its first heartbeat. */
  readonly shed?: number;
  /** Messages of it that the master dropped, because they did not fit; absent when there are none. */
  readonly malformedMessages?: number;
  /** While it drains: the connections that it still has, by what keeps them; absent when none is left. */
  readonly remaining?: Readonly<Record<string, number>>;
}

/** The reload under way. */
export interface ReloadStatus {
  readonly generation: number;
  /** Name of the requester. */
  readonly by: string;
  /** Number of the step, from 1; absent while the reload is being prepared. */
  readonly step?: number;
  readonly of?: number;
  /** True when the reload can no longer be rolled back. */
  readonly committed: boolean;
  /** Reason of the rollback, while one is under way. */
  readonly rollingBack?: string;
}

/** The server has left the balancer by command. */
export interface LeaveStatus {
  /** Name of the requester. */
  readonly by: string;
  /** ISO 8601. */
  readonly since: string;
}

/** The server stops. */
export interface StopStatus {
  /** Name of the requester; absent where the first start has failed. */
  readonly by?: string;
  /** Milliseconds until the drain begins (`--stop-delay`); absent when it has. */
  readonly beginsInMs?: number;
}

export interface MasterStatus {
  readonly pid: number;
  readonly state: MasterState;
  /** The generation of the last committed reload; the first start is 1. */
  readonly generation: number;
  /** The name of the release of that generation; absent where it has none. */
  readonly release?: string;
  /** Number of slots that have, or get, a worker now. */
  readonly size: number;
  /** The number of workers that is wanted, who wants it, and why. */
  readonly desired: DesiredStatus;
  /** Bytes of memory that the master itself holds. */
  readonly memory: number;
  readonly listeners: string[];
  /** Absent without certificates. */
  readonly certificates?: CertificateStatus[];
  /** Others were read and cannot serve; absent when the last reading went well. */
  readonly certificatesRefused?: RefusedCertificates;
  /** Real path of the app of the last committed reload. */
  readonly app?: string;
  /** The working directory of the app, as the options name it. */
  readonly cwd: string;
  /** Absent when no reload is under way. */
  readonly reload?: ReloadStatus;
  /** Pid of the new master that a re-exec has started and that is not active yet. */
  readonly newMaster?: number;
  /** Present from `tshorn leave` to `tshorn stay` or the stop; the state is `leaving` when no reload is under way. */
  readonly leave?: LeaveStatus;
  /** Present from the request of a stop on. */
  readonly stop?: StopStatus;
  /** Absent when all is well. */
  readonly degraded?: DegradedStatus;
  /** Slots that wait for their next attempt; absent when there are none. */
  readonly backoff?: BackoffStatus[];
  /** The price of crashes and hangs that were contained, since the start, and the savings. */
  readonly containment: Readonly<ContainmentCounts>;
  /** How the processes of workers have ended, since the start. */
  readonly exits: Readonly<Record<ExitKind, number>>;
  /** Absent before the first worker starts. */
  readonly traffic?: TrafficStatus;
  readonly workers: WorkerStatus[];
}

interface Sources {
  readonly state: State;
  readonly listeners: readonly Listener[];
  readonly certificates?: Pick<Certificates, 'status' | 'refused'> | undefined;
  /** The release of the committed generation. */
  readonly serving: Release | undefined;
  readonly cwd: string;
  readonly performer: Pick<Performer, 'load' | 'traffic' | 'vitals' | 'remaining' | 'releaseOf'> | undefined;
  readonly newMaster: number | undefined;
  /** Monotonic milliseconds. */
  readonly now: number;
}

/** With `https://` where TLS is spoken, by tshorn or by the app. */
const spoken = ({ address, redirect }: Listener, byApp = false): string =>
  formatAddress(byApp && !redirect ? { ...address, scheme: 'https' } : address);

export function statusOf({
  state: master,
  listeners,
  certificates,
  serving,
  cwd,
  performer,
  newMaster,
  now,
}: Sources): MasterStatus {
  const { phase, running, committed, size, desired, settings, containment, exits, workers } = master;
  const reload = phase === 'running' && running && reloadOf(running);
  const left = phase === 'starting' || phase === 'running' ? master.left : undefined;
  return {
    pid: process.pid,
    state: reload ? 'reloading' : left && phase === 'running' ? 'leaving' : phase,
    generation: committed,
    ...named(serving),
    size,
    desired: desiredStatus(desired, performer?.load.status, settings.range, { now, date: Date.now() }),
    memory: process.memoryUsage.rss(),
    listeners: listeners.map((listener) => spoken(listener, performer?.traffic.speaksTls)),
    ...(certificates && { certificates: certificates.status }),
    ...(certificates?.refused && { certificatesRefused: certificates.refused }),
    ...(serving && { app: serving.appFile }),
    cwd,
    ...(reload && { reload }),
    ...(newMaster !== undefined && { newMaster }),
    ...(left && { leave: { by: left.by, since: new Date(Date.now() - (now - left.at)).toISOString() } }),
    ...((phase === 'leaving' || phase === 'draining') && { stop: stopOf(master, now) }),
    ...healthOf(master, now, Date.now()),
    containment,
    exits,
    ...(performer && { traffic: performer.traffic.status() }),
    workers: Object.values(workers).map(({ serial, slot, generation, pid, state, bornAt, bootMs }) => ({
      slot,
      generation,
      ...named(performer?.releaseOf(serial)),
      pid,
      state,
      uptimeMs: now - bornAt,
      ...(bootMs !== undefined && { bootMs: Math.round(bootMs) }),
      connections: performer?.traffic.balance.countOf(serial) ?? 0,
      ...vitalsOf(performer?.vitals.of(serial)),
      ...malformedOf(performer?.vitals.malformedOf(serial)),
      ...remainingOf(performer?.remaining.of(serial)),
    })),
  };
}

const stopOf = ({ phase, stopBy, stopAt }: State, now: number): StopStatus => ({
  ...(stopBy !== undefined && { by: stopBy }),
  ...(phase === 'leaving' && stopAt !== undefined && { beginsInMs: Math.max(0, Math.round(stopAt - now)) }),
});

const named = (release: Release | undefined) => release?.name !== undefined && { release: release.name };

const vitalsOf = (vital: Vital | undefined) =>
  vital && {
    requests: vital.requests,
    memory: vital.rss,
    loopDelayMs: vital.loopDelayMs,
    ...(vital.shed !== undefined && { shed: vital.shed }),
  };

const malformedOf = (count: number | undefined) => (count ? { malformedMessages: count } : undefined);

const remainingOf = (remaining: Readonly<Record<string, number>> | undefined) => remaining && { remaining };

function reloadOf({ operation, generation, plan, next, committed, rollingBack }: Running) {
  if (operation.kind !== 'reload') return undefined;
  return {
    generation,
    by: operation.by,
    ...(plan && { step: Math.min(next + 1, plan.length), of: plan.length }),
    committed,
    ...(rollingBack !== undefined && { rollingBack }),
  };
}
