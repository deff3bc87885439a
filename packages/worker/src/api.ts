/**
 * `tshorn/worker`: an app imports it to know where it runs. Outside of tshorn the import works too; then `active` is
 * false and no event is ever emitted.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

export interface DrainNotice {
  /** When the connections that are left will be force-closed, in milliseconds since the epoch. */
  readonly deadline: number;
}

interface WorkerEvents {
  /** This worker drains: it stops accepting, and force-closes at the deadline the connections that are left. */
  drain: [DrainNotice];
  /** The drain is over and this worker serves again, because the reload was rolled back. */
  resume: [];
  /** A connection has come from another worker. The socket is a new object here; its client is the same. */
  handoff: [Socket];
}

export interface WorkerApi extends EventEmitter<WorkerEvents> {
  /** True in a tshorn worker; false in any other process, which has slot -1 and generation -1. */
  active: boolean;
  /** The stable number of this worker, 0 to N-1; its replacement keeps it. */
  slot: number;
  /** The age of the code, counted from 1; each reload makes the next one. */
  generation: number;
}

const KEY = Symbol.for('tshorn.worker');
const shared = globalThis as { [KEY]?: WorkerApi };

/**
 * This worker, seen from the app. In `worker.on('drain', ({ deadline }) => ...)` an app asks its WebSocket clients to
 * reconnect: those that stay are closed with code 1012 shortly before the deadline, and other upgraded connections are
 * force-closed at the deadline. A listener that throws is logged (`hook-failed`) and changes nothing.
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
 * Marks a connection that must not move to another worker, because the app keeps something on it (`req.socket`) that the
 * other worker cannot know. When this worker drains, the connection is closed after the linger (`--idle-linger`).
 */
export function stay(socket: Socket): void {
  (socket as Socket & { [STAYS]?: true })[STAYS] = true;
}

export const stays = (socket: Socket): boolean => STAYS in socket;
