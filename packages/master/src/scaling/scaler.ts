/**
 * Looks at the load once a second, and asks for another number of workers where the rules (../decide/load-rules.ts) say so.
 * Created by Load, and only while the number follows the load.
 */
import { formatWorkers, type GroupMemory } from '@tshorn/core';
import { SCALER } from '../decide/desired.ts';
import type { Held } from '../decide/load-bounds.ts';
import { firstMemory, judge, LOOK_MS, type Memory, type Seen } from '../decide/load-rules.ts';
import type { Operation } from '../decide/model.ts';
import { rangeText } from '../decide/range-text.ts';
import type { Logger } from '../log.ts';
import type { View } from '../view.ts';
import type { Vital } from '../vitals.ts';
import { roomFor } from './room.ts';
import { Utilisation } from './utilisation.ts';

export interface ScalerSurroundings {
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly view: Pick<View, 'scaling'>;
  vitalOf(serial: number): Vital | undefined;
  /** Connections that wait in the kernel. */
  queued(): number;
  /** CPUs that the workers may use, as a quota has them: 2.5. */
  cpus(): number;
  /** CPUs that the machine has. */
  machineCpus(): number;
  groupMemory(): GroupMemory | undefined;
  /** Bytes that the machine has left. */
  freeMemory(): number;
  /** Bytes of memory that the worker shares with no other one; undefined where the kernel does not tell. */
  ownMemory(serial: number): number | undefined;
  /** Another master is beside this one: workers that are started now would be those of a master that leaves, or may not stay. */
  hasNeighbour(): boolean;
  request(operation: Operation): void;
}

/** For the status and the metrics. */
export interface LoadStatus {
  /** Sum of the utilisations of the event loops, in workers: a mean over `--scale-up-after`. */
  readonly load: number;
  /** CPUs that the workers may use, at the last look. */
  readonly cpus?: number;
  /** Why there are not as many workers as the load asks for; absent where there are. */
  readonly held?: string;
}

/** The kernel's figures are shared for a second; a look a little later has new ones. */
const EVERY_MS = LOOK_MS + 20;
/** A reason is told again when it has been none for this time. */
const TOLD_MS = 60_000;

export class Scaler {
  readonly #around: ScalerSurroundings;
  readonly #utilisation = new Utilisation();
  #memory: Memory | undefined;
  #timer: NodeJS.Timeout | undefined;
  #held: Held | undefined;
  #toldAt = new Map<Held['reason'], number>();
  #load = 0;
  #cpus: number | undefined;

  constructor(around: ScalerSurroundings) {
    this.#around = around;
  }

  begin(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => this.look(performance.now()), EVERY_MS).unref();
    this.#tellRange();
  }

  #tellRange(): void {
    const { log, view, cpus, machineCpus, groupMemory, freeMemory } = this.#around;
    const { range } = view.scaling() ?? {};
    if (!range) return;
    const machine = {
      cpus: cpus(),
      machineCpus: machineCpus(),
      group: groupMemory(),
      freeMemory: freeMemory(),
    };
    log.info({ event: 'scaling-range', range: formatWorkers(range) }, rangeText(range, machine));
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#memory = undefined;
    this.#held = undefined;
  }

  get status(): LoadStatus {
    const cpus = this.#cpus;
    return {
      load: this.#load,
      ...(cpus !== undefined && { cpus }),
      ...(this.#held && { held: this.#held.text }),
    };
  }

  /** @param at monotonic milliseconds */
  look(at: number): void {
    const { view, request } = this.#around;
    const now = view.scaling();
    if (!now) return;
    const memory = this.#memory ?? firstMemory(now.desired.patience);
    const { memory: next, wish, held, load } = judge(memory, this.#see(now, at), now.settings);
    this.#memory = next;
    this.#load = load;
    this.#tell(held, at);
    if (!wish) return;
    const { to, reason, why } = wish;
    request({ kind: 'scale', by: SCALER, to, load: { reason, why, patience: next.patience } });
  }

  #see(now: NonNullable<ReturnType<View['scaling']>>, at: number): Seen {
    const { view: _view, vitalOf, queued, cpus, hasNeighbour } = this.#around;
    const { range, desired, ready, coming, may, settings } = now;
    const workers = this.#utilisation.of(ready, vitalOf, at);
    const load = workers.reduce((sum, { busy }) => sum + busy, 0);
    this.#cpus = cpus();
    const isBusy = load >= settings.target * ready.length;
    return {
      at,
      range,
      ready: ready.length,
      coming,
      load,
      queued: queued(),
      requests: workers.reduce((sum, { requests }) => sum + requests, 0),
      cpuUsed: workers.reduce((sum, { cpu }) => sum + cpu, 0),
      cpus: this.#cpus,
      // Not read where nobody asks for it: it costs more than all the rest.
      room: isBusy ? roomFor(ready, coming - ready.length, this.#around) : undefined,
      failures: desired.failures ?? 0,
      may: hasNeighbour() ? 'none' : may,
    };
  }

  /** Once for each time that it holds the number. */
  #tell(held: Held | undefined, at: number): void {
    this.#held = held;
    if (!held) return;
    const last = this.#toldAt.get(held.reason);
    this.#toldAt.set(held.reason, at);
    if (last !== undefined && at - last < TOLD_MS) return;
    const { reason, text, to } = held;
    this.#around.log.info({ event: 'scaling-held', reason, size: to }, `scaling stays at ${to}: ${text}`);
  }
}
