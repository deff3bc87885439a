/**
 * The master's state, as the parts that perform its effects may read it: the questions of decide/queries.ts, asked of
 * the state of now. The master creates it; nothing here changes the state.
 */
import type { WorkerIdentity, WorkerState } from '@tshorn/core';
import type { State } from './decide/model.ts';
import {
  balanced,
  needy,
  ofUncommittedRelease,
  readyBeside,
  receiversFor,
  recyclable,
  scaling,
  takerMayCome,
} from './decide/queries.ts';

export class View {
  readonly #state: () => State;

  constructor(state: () => State) {
    this.#state = state;
  }

  /** Slot, generation and pid of the worker; undefined after its end. */
  identityOf(serial: number): WorkerIdentity | undefined {
    return this.#state().workers[serial];
  }

  /** The worker's state; undefined after its end. */
  stateOf(serial: number): WorkerState | undefined {
    return this.#state().workers[serial]?.state;
  }

  /** Serials of the workers in service, without these. */
  readyBeside(serials: readonly number[]): number[] {
    return readyBeside(this.#state(), serials);
  }

  /** True when some worker has ever been in service. */
  get hasServed(): boolean {
    return this.#state().proven.length > 0;
  }

  /** Connections may move (`--no-handoff` is not given). */
  get handoff(): boolean {
    return this.#state().settings.handoff;
  }

  /** Serials of the best receivers for a connection of this worker, without `except`. */
  receiversFor(serial: number, except: ReadonlySet<number>): number[] {
    return receiversFor(this.#state(), serial, except);
  }

  /** True when some worker can take connections of this one, now or soon. */
  takerMayCome(serial: number): boolean {
    return takerMayCome(this.#state(), serial);
  }

  /** True while connections may move and a worker, of another master perhaps, will be there to take them. */
  get takesRescued(): boolean {
    const { settings, stop } = this.#state();
    return settings.handoff && (!stop || stop.newMaster === true);
  }

  /** Serials of the workers whose numbers of connections are kept even; undefined while a plan moves connections. */
  balanced(): number[] | undefined {
    return balanced(this.#state());
  }

  /** Serials of the workers that are to have their share of the connections at once. */
  needy(): number[] {
    return needy(this.#state(), performance.now());
  }

  /** Serials of the workers of which one may be recycled now; undefined while none may. */
  recyclable(): number[] | undefined {
    return recyclable(this.#state());
  }

  /** Everything that the scaler looks at; undefined while the number of workers does not follow the load. */
  scaling(): ReturnType<typeof scaling> {
    return scaling(this.#state());
  }

  /** True for a worker of a release that can still be rolled back. */
  ofUncommittedRelease(serial: number): boolean {
    return ofUncommittedRelease(this.#state(), serial);
  }
}
