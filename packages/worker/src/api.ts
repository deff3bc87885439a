/**
 * What an app may import (`tshorn/worker`) to know where it runs. Outside of tshorn it is there too,
 * `active` is false and nothing is ever emitted.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

export interface DrainNotice {
  /** When everything that is left will be force-closed: milliseconds since the epoch. */
  readonly deadline: number;
}

interface WorkerEvents {
  /** This worker drains: it stops accepting, and what cannot move is force-closed at the deadline. */
  drain: [DrainNotice];
  /** The drain is over and this worker serves again: the reload was rolled back. */
  resume: [];
  /** A connection has come from another worker. It is a new object here; only the client is the same. */
  handoff: [Socket];
}

export interface WorkerApi extends EventEmitter<WorkerEvents> {
  /** Whether this process is a tshorn worker. */
  active: boolean;
  slot: number;
  generation: number;
}

const KEY = Symbol.for('tshorn.worker');
const shared = globalThis as { [KEY]?: WorkerApi };

/**
 * This worker, seen from the app. `worker.on('drain', ({ deadline }) => ...)` is the moment to tell
 * WebSocket clients to go elsewhere: those that stay are closed with code 1012 shortly before the deadline, and other
 * upgraded connections are force-closed at it.
 */
export const worker: WorkerApi = shared[KEY] ?? fresh();

function fresh(): WorkerApi {
  const emitter = new EventEmitter<WorkerEvents>();
  const api = Object.assign(emitter, { active: false, slot: -1, generation: -1 });
  shared[KEY] = api;
  return api;
}

const STAYS = Symbol.for('tshorn.stays');

/**
 * Marks a connection that must not move to another worker: the app keeps something on it (`req.socket`)
 * that the other worker could not know. When this worker drains, it is closed after the linger.
 */
export function stay(socket: Socket): void {
  (socket as Socket & { [STAYS]?: true })[STAYS] = true;
}

export const stays = (socket: Socket): boolean => STAYS in socket;
