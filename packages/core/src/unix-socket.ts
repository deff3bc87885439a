import net from 'node:net';

/**
 * Finds out whether a process listens on a unix socket, by connecting to it. `refused`: the file is left over from a
 * process that has ended. `unknown`: there is no such socket, it may not be connected to, or its queue is full.
 */
export const whoListens = (path: string): Promise<'somebody' | 'refused' | 'unknown'> =>
  new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('somebody');
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' ? 'refused' : 'unknown'),
    );
  });
