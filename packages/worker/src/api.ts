/**
 * What an app may import (`tshorn/worker`) to know where it runs. Outside of tshorn it is there too,
 * `active` is false and nothing is ever emitted.
 */
import { EventEmitter } from 'node:events';

export interface DrainNotice {
  /** When everything that is left will be cut: milliseconds since the epoch. */
  readonly deadline: number;
}

export interface WorkerApi extends EventEmitter<{ drain: [DrainNotice] }> {
  /** Whether this process is a tshorn worker. */
  active: boolean;
  slot: number;
  generation: number;
}

const KEY = Symbol.for('tshorn.worker');
const shared = globalThis as { [KEY]?: WorkerApi };

/**
 * This worker, seen from the app. `worker.on('drain', ({ deadline }) => ...)` is the moment to tell
 * WebSocket clients to go elsewhere: connections that are upgraded are cut at the deadline.
 */
export const worker: WorkerApi = shared[KEY] ?? fresh();

function fresh(): WorkerApi {
  const emitter = new EventEmitter<{ drain: [DrainNotice] }>();
  const api = Object.assign(emitter, { active: false, slot: -1, generation: -1 });
  shared[KEY] = api;
  return api;
}
