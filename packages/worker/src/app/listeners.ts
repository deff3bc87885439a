/**
 * Attaches the master's listening handles to the app's server. The first is the server's own, so that
 * 'listening' fires and address() answers; every further one accepts through a helper that hands its
 * connections on by `emit('connection')`, which Node documents for that purpose.
 */
import net from 'node:net';
import { promisify } from 'node:util';
import { emptyQueue } from './empty-queue.ts';
import { originalListen } from './listen-capture.ts';
import { pause } from './pause.ts';

/** A raw TCP or Pipe handle that the master has bound; it comes with a `listener` message. */
export interface ListeningHandle {
  readonly handle: unknown;
  readonly address: string;
}

export interface AttachedListeners {
  /** Accepts the connections in the kernel's queue, when no other worker will; call `pause` right after it. */
  emptyQueue(mayContinue: () => boolean): Promise<void>;
  /**
   * Stops accepting on every listener; connections, idle ones too, stay. Settles when the last of them
   * has closed. Called again, it returns a promise of the same event.
   */
  pause(): Promise<void>;
  /** Accepts again, by new handles of the same addresses. Resolves with false where this Node cannot pause a server. */
  resume(handles: readonly ListeningHandle[]): Promise<boolean>;
  /** The number of open connections that came by these listeners, upgraded ones too. */
  count(): Promise<number>;
}

/** Settles when every handle accepts. */
export async function attachListeners(
  server: net.Server,
  handles: readonly ListeningHandle[],
  backlog: number,
): Promise<AttachedListeners> {
  const listeners = handles.map((_, at) => (at === 0 ? server : helperOf(server)));
  const open = (all: readonly ListeningHandle[]) =>
    Promise.all(all.map((handle, at) => listen(listeners[at]!, handle, backlog)));
  await open(handles);
  let paused: ReturnType<typeof pause>[] | undefined;
  return {
    emptyQueue: (mayContinue) => (paused ? Promise.resolve() : emptyQueue(listeners, mayContinue)),
    async pause() {
      paused ??= listeners.map(pause);
      await Promise.all(paused.map(({ empty }) => empty));
    },
    async resume(again) {
      if (!paused?.every(({ resume }) => resume())) return false;
      paused = undefined;
      await open(again);
      return true;
    },
    async count() {
      const counts = await Promise.all(
        listeners.map((listener) => promisify(listener.getConnections).call(listener)),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** The options that net.Server keeps for the sockets it accepts; Node documents none of these properties. */
type AcceptOptions = Pick<net.ServerOpts, 'allowHalfOpen' | 'noDelay' | 'keepAlive'> & {
  keepAliveInitialDelay?: number;
  highWaterMark?: number;
};

function helperOf(server: net.Server): net.Server {
  const { allowHalfOpen = true, noDelay = true, keepAlive, highWaterMark, ...own } = server as AcceptOptions;
  const helper = net.createServer({
    allowHalfOpen,
    noDelay,
    ...(keepAlive !== undefined && { keepAlive }),
    // Kept in seconds, given in milliseconds.
    ...(own.keepAliveInitialDelay && { keepAliveInitialDelay: own.keepAliveInitialDelay * 1000 }),
    ...(highWaterMark && { highWaterMark }),
  });
  if (server.maxConnections) helper.maxConnections = server.maxConnections;
  helper.on('connection', (socket) => server.emit('connection', socket));
  helper.on('error', (error) => server.emit('error', error));
  return helper;
}

/** Members of net.Server since Node 0.x; a unix socket cannot be attached without them. */
interface ServerInternals {
  _handle: unknown;
  _pipeName?: string;
  _listen2(address: null, port: number, addressType: number, backlog: number): void;
}

function listen(server: net.Server, { handle, address }: ListeningHandle, backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    if (!address.startsWith('unix:')) {
      Reflect.apply(originalListen, server, [handle, backlog]);
      return;
    }
    // In a cluster worker, listen() takes only a TCP handle as it is; of a Pipe it sends the fd's
    // number to the primary, where it means another file (lib/net.js, Server.prototype.listen).
    const internals = server as unknown as ServerInternals;
    internals._handle = handle;
    internals._pipeName = address.slice('unix:'.length);
    internals._listen2(null, -1, -1, backlog);
  });
}
