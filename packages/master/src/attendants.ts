/**
 * The parts of the master that look after the workers: each knows one thing about all of them, and none decides.
 * Created by the Performer.
 */
import os from 'node:os';
import { cpuQuota } from '@tshorn/config';
import { groupMemory, type Heartbeat, memoryLimit } from '@tshorn/core';
import { BootPriority } from './boot-priority.ts';
import { CanaryGate } from './canary/gate.ts';
import type { Context } from './context.ts';
import type { Attendant, Crew } from './crew.ts';
import { Hangs, ownDirectory } from './hang/hangs.ts';
import { HeartbeatFile, type HeartbeatListener } from './heartbeat-file.ts';
import { Inspectors } from './inspect/inspectors.ts';
import { whyNoInspector } from './inspect/settings.ts';
import { groupMemoryReader } from './os/group-memory.ts';
import { ownMemory } from './os/own-memory.ts';
import { Recycler } from './recycling/recycler.ts';
import { Remaining } from './remaining.ts';
import { Load } from './scaling/load.ts';
import type { CertificateOrder } from './tls/certificates.ts';
import { Traffic } from './traffic.ts';
import { UnreadMessages } from './unread-messages.ts';
import { Vitals } from './vitals.ts';

export class Attendants {
  readonly traffic: Traffic;
  readonly vitals = new Vitals();
  readonly remaining: Remaining;
  readonly recycler: Recycler;
  readonly hangs: Hangs;
  readonly gate: CanaryGate;
  readonly bootPriority: BootPriority;
  readonly unread: UnreadMessages;
  readonly inspectors: Inspectors;
  readonly load: Load;
  readonly heartbeats = new HeartbeatFile();
  readonly #context: Pick<Context, 'view' | 'observed'>;

  constructor(context: Context, crew: Crew) {
    const { log, view, enqueue, otherMaster } = context;
    this.#context = context;
    this.traffic = new Traffic({
      log,
      view,
      party: (serial) => crew.get(serial) ?? otherMaster.neighbour(serial),
      migrated: (serial, arrivals) => enqueue({ type: 'worker-migrations', serial, arrivals }),
    });
    this.remaining = new Remaining(log, view);
    this.inspectors = new Inspectors(log);
    this.unread = new UnreadMessages((level, fields, text) => log[level](fields, text));
    this.recycler = new Recycler({
      log,
      view,
      vitalOf: (serial) => this.vitals.of(serial),
      request: (operation) => enqueue({ type: 'requested', operation }),
      memoryAvailable: () => memoryLimit() ?? os.totalmem(),
      nearlyFull: (serial, by) => enqueue({ type: 'worker-nearly-full', serial, by }),
      ownMemory: (serial) => ownMemory(crew.get(serial)?.pid),
      groupMemory: groupMemoryReader(),
      chance: Math.random,
    });
    this.load = new Load({
      log,
      view,
      vitalOf: (serial) => this.vitals.of(serial),
      queued: () => context.observed.queues.now().queues.reduce((sum, { waiting }) => sum + waiting, 0),
      cpus: () => Math.min(os.availableParallelism(), cpuQuota()),
      machineCpus: () => os.cpus().length,
      groupMemory: () => groupMemory(),
      freeMemory: os.freemem,
      ownMemory: (serial) => ownMemory(crew.get(serial)?.pid),
      hasNeighbour: () => otherMaster.isBeside,
      request: (operation) => enqueue({ type: 'requested', operation }),
    });
    this.bootPriority = new BootPriority(log, {
      // The worker would serve at a low priority for as long as it lives.
      onStuck: (pid) => {
        const serial = crew.serialOf(pid);
        const by = 'a priority that cannot be raised';
        if (serial !== undefined) enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by } });
      },
    });
    this.hangs = new Hangs({
      log,
      own: ownDirectory(context.workerFile),
      onHung: (serial, silentMs) => enqueue({ type: 'worker-hung', serial, silentMs }),
      takesRescued: () => view.takesRescued,
      readHeartbeats: () => this.readHeartbeats(),
      onExplained: (fields, text) => context.observed.explained(fields, text),
    });
    this.gate = new CanaryGate({
      log,
      view,
      send: (serial, on) => crew.get(serial)?.watch(on),
      onVerdict: (generation, outcome) => enqueue({ type: 'watched', generation, ...outcome }),
    });
    const tell = (serial: number, message: CertificateOrder) => crew.get(serial)?.tell(message);
    context.ticketKeys.attend(tell);
    context.certificates?.attend({
      serials: () => crew.serials,
      stateOf: (serial) => view.stateOf(serial),
      send: tell,
      replace: (serial) =>
        enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by: 'its certificates' } }),
    });
    crew.attend(this.#all(context));
  }

  /** @param at when it was given, in monotonic milliseconds */
  #heard(serial: number, heartbeat: Heartbeat, at: number): void {
    const { view, observed } = this.#context;
    this.vitals.heartbeat(serial, heartbeat, at);
    this.hangs.heartbeat(serial, heartbeat.loopDelayMs, at);
    this.recycler.heartbeat(serial, performance.now());
    const slot = view.identityOf(serial)?.slot;
    if (heartbeat.metrics && slot !== undefined)
      observed.registry.report(serial, slot, heartbeat.metrics, at);
    observed.recent.heartbeat(serial, heartbeat.requests, at);
  }

  /** A heartbeat has come as a message. */
  received(serial: number, heartbeat: Heartbeat): void {
    this.heartbeats.overtaken(serial, this.#ofFile);
    this.#heard(serial, heartbeat, performance.now());
  }

  /** Hears what workers at rest have left in the file since the last time. */
  readHeartbeats(): void {
    this.heartbeats.read(this.#ofFile);
  }

  /** Hears all that is known of them: somebody wants their figures. */
  readFigures(): void {
    this.heartbeats.readAll(this.#ofFile);
  }

  /** Hears the last heartbeat of one worker, as far as it was not heard yet. */
  readLastHeartbeat(serial: number): void {
    this.heartbeats.last(serial, this.#ofFile);
  }

  /** One that was written before a message that has arrived is older than what is known. */
  readonly #ofFile: HeartbeatListener = {
    heard: (serial, heartbeat, ageMs) => {
      const at = performance.now() - ageMs;
      if (at > (this.vitals.of(serial)?.at ?? 0)) this.#heard(serial, heartbeat, at);
    },
    alive: (serial, loopDelayMs, ageMs) => {
      const at = performance.now() - ageMs;
      if (!(at > (this.vitals.of(serial)?.at ?? Number.POSITIVE_INFINITY))) return;
      const { registry, recent } = this.#context.observed;
      this.vitals.alive(serial, at);
      this.hangs.heartbeat(serial, loopDelayMs, at);
      this.recycler.alive(performance.now());
      registry.alive(serial, at);
      recent.alive(serial, at);
    },
  };

  /** An attendant that is not among these never hears of a worker. */
  #all({ view, lastWords, otherMaster, observed, certificates, ticketKeys }: Context): Attendant[] {
    const { vitals, remaining, traffic, recycler, hangs, bootPriority, gate, inspectors } = this;
    const isAlone = () => view.readyBeside([]).length === 0;
    return [
      this.heartbeats,
      vitals,
      observed.registry,
      observed.apps,
      observed.recent,
      remaining,
      {
        born: ({ serial, identity, release }) =>
          recycler.born(serial, identity, release.config, performance.now()),
        ended: ({ serial }) => recycler.gone(serial),
      },
      {
        born: ({ serial, identity, release, request, handle }) =>
          hangs.add(serial, {
            identity,
            cwd: release.cwd,
            timeoutMs: release.config.timeout,
            inspectorDisabled: whyNoInspector(release.config, request.env),
            handle,
          }),
        ended: ({ serial }) => hangs.gone(serial),
      },
      {
        spawned: ({ release }, pid) => {
          const { bootNice, bootTimeout } = release.config;
          if (!isAlone() || otherMaster.isFollowing) bootPriority.lower(pid, bootNice, bootTimeout / 2);
        },
        ended: ({ handle: { pid } }) => {
          if (pid !== undefined) bootPriority.forget(pid);
        },
        gone: () => {
          if (isAlone()) bootPriority.raiseAll();
        },
      },
      {
        spawned: ({ identity: { generation }, handle }, pid) =>
          lastWords.listen(pid, { generation, lastLines: () => handle.lastLines }),
        // The notice of the end has them.
        gone: ({ handle: { pid } }) => {
          if (pid !== undefined) lastWords.forget(pid);
        },
      },
      { gone: ({ serial }) => gate.exited(serial) },
      {
        ended: ({ serial }) => {
          certificates?.gone(serial);
          ticketKeys.gone(serial);
        },
      },
      inspectors,
      traffic,
    ];
  }
}
