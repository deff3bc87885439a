import type { GroupMemory } from '@tshorn/core';
import type { Operation } from '../../decide/model.ts';
import type { Vital } from '../../vitals.ts';
import type { LimitOptions } from '../limits.ts';
import { Recycler } from '../recycler.ts';

export const MB = 1024 ** 2;
export const off: LimitOptions = {
  maxRequests: 0,
  maxRequestsJitter: undefined,
  maxMemory: undefined,
  maxAge: 0,
  maxAgeJitter: undefined,
  heapGuard: 0,
};

/** Workers that one may set as one likes, and a master that does nothing by itself. */
export class Stage {
  readonly vitals = new Map<number, Vital>();
  readonly asked: Extract<Operation, { kind: 'recycle' }>[] = [];
  readonly warned: string[] = [];
  readonly leaving: number[] = [];
  free: number[] | undefined;
  group: GroupMemory | undefined;
  /** An operation is under way. */
  isBusy = false;
  at = 0;
  readonly recycler = new Recycler({
    log: { warn: (_fields: unknown, text?: string) => void this.warned.push(String(text)) } as never,
    vitalOf: (serial) => this.vitals.get(serial),
    view: { recyclable: () => (this.isBusy ? undefined : (this.free ?? [...this.vitals.keys()])) },
    request: (operation) => void this.asked.push(operation as never),
    memoryAvailable: () => 1000 * MB,
    nearlyFull: (serial) => void this.leaving.push(serial),
    ownMemory: () => 40 * MB,
    groupMemory: () => this.group,
    chance: () => 0,
  });

  born(serial: number, options: Partial<LimitOptions>, slot = serial, generation = 1): this {
    this.recycler.born(serial, { slot, generation }, { ...off, ...options }, this.at);
    return this.heartbeat(serial, 0, 50);
  }

  heartbeat(serial: number, requests: number, mb: number): this {
    this.vitals.set(serial, { requests, rss: mb * MB, loopDelayMs: 0, at: this.at, aliveAt: this.at });
    return this;
  }

  /** A full collection leaves so much of a heap of 64 MB: the heartbeat comes at once. */
  heap(serial: number, mb: number): this {
    this.vitals.set(serial, {
      ...(this.vitals.get(serial) as Vital),
      heap: { used: mb * MB, limit: 64 * MB },
    });
    this.recycler.heartbeat(serial, this.at);
    return this;
  }

  /** The workers only show that they are alive. */
  rest(ms: number): this {
    for (const end = this.at + ms; this.at < end; ) {
      this.at += 1_000;
      this.recycler.alive(this.at);
    }
    return this;
  }

  pass(ms: number): this {
    for (const end = this.at + ms; this.at < end; ) {
      this.at += 1_000;
      for (const serial of this.vitals.keys()) this.recycler.heartbeat(serial, this.at);
    }
    return this;
  }

  gone(serial: number): this {
    this.vitals.delete(serial);
    this.recycler.gone(serial);
    return this;
  }
}
