/**
 * Those who look after the workers: each knows one thing about all of them, and none decides. What a worker
 * says goes to the one whom it concerns.
 */
import os from 'node:os';
import type { ToMaster } from '@tshorn/core';
import { BootPriority } from './boot-priority.ts';
import { CanaryGate } from './canary/gate.ts';
import { Hangs, ownDirectory } from './hang/hangs.ts';
import { memoryLimit } from './os/cgroup.ts';
import { Recycler } from './recycling/recycler.ts';
import type { Connection } from './relay.ts';
import { Remaining } from './remaining.ts';
import type { Surroundings } from './surroundings.ts';
import { Traffic } from './traffic.ts';
import { Vitals } from './vitals.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** The workers that there are, by serial. */
export type Crew = Map<number, WorkerHandle>;

export class Attendants {
  readonly #around: Surroundings;
  readonly #crew: Crew;
  readonly traffic: Traffic;
  readonly vitals = new Vitals();
  readonly remaining: Remaining;
  readonly recycler: Recycler;
  readonly hangs: Hangs;
  readonly gate: CanaryGate;
  readonly bootPriority: BootPriority;

  constructor(around: Surroundings, crew: Crew) {
    this.#around = around;
    this.#crew = crew;
    this.traffic = new Traffic({
      log: around.log,
      worker: (serial) => crew.get(serial) ?? around.neighbour(serial),
      takersFor: (serial, except) => around.takersFor(serial, except),
      handoff: () => around.handoff(),
      balanced: () => around.balanced(),
      watched: () => around.watched(),
      isOnTrial: (serial) => around.isOnTrial(serial),
      arrivals: (serial, arrivals) => around.enqueue({ type: 'worker-migrations', serial, arrivals }),
    });
    this.remaining = new Remaining(around.log, (serial) => around.identityOf(serial));
    this.recycler = new Recycler({
      log: around.log,
      vitalOf: (serial) => this.vitals.of(serial),
      recyclable: () => around.recyclable(),
      request: (operation) => around.enqueue({ type: 'requested', operation }),
      memoryThere: () => memoryLimit() ?? os.totalmem(),
      chance: Math.random,
    });
    this.bootPriority = new BootPriority(around.log, { onStuck: (pid) => this.#replace(pid) });
    this.hangs = new Hangs({
      log: around.log,
      own: ownDirectory(around.workerFile),
      onHung: (serial, silentMs) => around.enqueue({ type: 'worker-hung', serial, silentMs }),
    });
    this.gate = new CanaryGate({
      log: around.log,
      others: (serials) => around.others(serials),
      send: (serial, on) => crew.get(serial)?.watch(on),
      onVerdict: (generation, outcome) => around.enqueue({ type: 'watched', generation, ...outcome }),
    });
  }

  /** It would serve at a low priority for as long as it lives. */
  #replace(pid: number): void {
    for (const [serial, worker] of this.#crew) {
      if (worker.pid !== pid) continue;
      const by = 'a priority that cannot be raised';
      this.#around.enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by } });
    }
  }

  receive(serial: number, message: Exclude<ToMaster, { type: 'up' }>, connection: unknown): void {
    const { enqueue, log } = this.#around;
    switch (message.type) {
      case 'loaded':
        return enqueue({ type: 'worker-loaded', serial, kind: message.kind });
      case 'load-failed': {
        const { code, message: text, detail } = message;
        return enqueue({
          type: 'worker-load-failed',
          serial,
          code,
          message: text,
          ...(detail && { detail }),
        });
      }
      case 'probed': {
        const { type: _type, ...report } = message;
        return enqueue({ type: 'worker-probed', serial, report });
      }
      case 'accepting':
        enqueue({ type: 'worker-accepting', serial });
        this.remaining.over(serial);
        return this.traffic.opened(serial, message.immovable);
      case 'drained': {
        const { type: _type, ...report } = message;
        this.traffic.drained(serial, report);
        this.remaining.over(serial);
        return enqueue({ type: 'worker-drained', serial, report });
      }
      case 'heartbeat':
        this.vitals.heartbeat(serial, message);
        this.hangs.heartbeat(serial, message.loopDelayMs);
        return this.recycler.heartbeat(serial, performance.now());
      case 'late':
        return this.hangs.late(serial, message.loopDelayMs, message.requests);
      case 'waiting':
        return this.hangs.waiting(serial, message.requests, message.more);
      case 'census':
        return this.traffic.count(serial, message.connections);
      case 'sample':
        return this.gate.sample(serial, message);
      case 'hand-over':
        // Without one it is the app's doing: Node does not deliver it so.
        if (connection) this.traffic.offered(serial, message.id, connection as Connection, message.resumer);
        return;
      case 'state':
        return this.traffic.state(serial, message.id, message.text);
      case 'resume-failed':
        return this.traffic.resumeFailed(serial, message);
      case 'answered':
        return this.traffic.answered(serial, message.count);
      case 'remaining':
        return this.remaining.told(serial, message.left);
      case 'sent':
        return this.traffic.sent(serial, message.upTo);
      case 'took':
        return this.traffic.took(serial, message.id);
      case 'declined':
        return this.traffic.declined(serial, message.id, message.reason);
      case 'leave-requested':
        return enqueue({ type: 'requested', operation: { kind: 'recycle', serial, by: message.signal } });
      case 'also-listening': {
        const pid = this.#crew.get(serial)?.pid;
        log.info(
          { event: 'also-listening', pid, address: message.address },
          `the app also listens on ${message.address} (by node:cluster, not by tshorn) pid=${pid}`,
        );
        return;
      }
      case 'hook-failed': {
        const pid = this.#crew.get(serial)?.pid;
        log.error(
          { event: 'hook-failed', hook: message.hook, pid },
          `hook ${message.hook} failed in pid=${pid}: ${message.reason}`,
        );
        return;
      }
      case 'log': {
        const pid = this.#crew.get(serial)?.pid;
        const level = message.level === 'warn' || message.level === 'error' ? message.level : 'info';
        return log[level]({ event: 'worker-log', pid }, `pid=${pid}: ${message.text}`);
      }
    }
  }
}
