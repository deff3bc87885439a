/** The control socket as a file: whose directory it is in, who may connect, and what a dead master has left. */
import fs from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { whoListens } from '@tshorn/core';
import { closeUnixSocket } from '../os/unix-socket-file.ts';
import { makePrivateDirectory } from '../private-directory.ts';

/** sun_path holds 108 bytes on Linux and 104 elsewhere, the terminating zero included (man 7 unix). */
const MOST_BYTES = process.platform === 'linux' ? 107 : 103;

const OWNER_ONLY = 0o600;

export interface PlacedSocket {
  /** Removes the file as well, unless another server has taken its place. */
  close(): void;
  /** Whether who connects to the path reaches this socket. */
  isThere(): boolean;
  /** For a re-exec: a file that the new master has put in its place stays there at every moment. */
  leave(): void;
}

/**
 * Listens on `path`, mode 0600.
 * @param ownDirectory the directory is made, mode 0700, and has to be this user's
 * @param replaces another master listens there, and hands over to this one
 * @throws Error in words for a person: too long, not permitted, in use, no socket
 */
export async function placeSocket(
  path: string,
  ownDirectory: boolean,
  onConnection: (socket: net.Socket) => void,
  replaces = false,
): Promise<PlacedSocket> {
  const bytes = Buffer.byteLength(path);
  if (bytes > MOST_BYTES) {
    throw new Error(`the path ${path} has ${bytes} bytes; a unix socket's has ${MOST_BYTES} at most`);
  }
  if (ownDirectory) makePrivateDirectory(dirname(path));
  if (!replaces) await makeRoom(path);
  // HTTP answers after the client has sent its end, too.
  const server = net.createServer({ allowHalfOpen: true }, onConnection);
  if (replaces) await listenInPlace(server, path);
  else await listen(server, path);
  const { ino } = fs.statSync(path);
  server.on('error', () => {});
  const isThere = () => fs.statSync(path, { throwIfNoEntry: false })?.ino === ino;
  return {
    isThere,
    close() {
      // It was bound by another name, which is what libuv removes.
      if (replaces && isThere()) fs.rmSync(path, { force: true });
      closeUnixSocket(path, ino, () => server.close());
    },
    leave() {
      if (isThere()) server.close();
      else server.unref();
    },
  };
}

/** Who connects finds the one or the other: a rename leaves no moment without any. */
async function listenInPlace(server: net.Server, path: string): Promise<void> {
  const beside = join(dirname(path), `.${process.pid}`);
  fs.rmSync(beside, { force: true });
  await listen(server, beside);
  fs.renameSync(beside, path);
}

async function makeRoom(path: string): Promise<void> {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw new Error(`${path} exists and is not a socket`);
  if ((await whoListens(path)) !== 'refused') throw new Error(`${path} is in use by another process`);
  fs.rmSync(path, { force: true });
}

function listen(server: net.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = ({ code, message }: NodeJS.ErrnoException) =>
      reject(new Error(`cannot listen on ${path}: ${code ?? message}`));
    server.once('error', refused);
    // The mode holds from the first moment: between bind and chmod somebody could connect.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', refused);
        resolve();
      });
    } finally {
      process.umask(before);
    }
    if (fs.existsSync(path)) fs.chmodSync(path, OWNER_ONLY);
  });
}

/** Removes the sockets in the directory of `own` that nobody listens on: their masters were killed. Never rejects. */
export async function removeStaleSockets(own: string): Promise<void> {
  const directory = dirname(own);
  const others = fs
    .readdirSync(directory)
    .filter((name) => /^\d+\.sock$/.test(name) && join(directory, name) !== own);
  await Promise.all(
    others.map(async (name) => {
      const path = join(directory, name);
      // Asked, not looked up by its pid: a container that shares the directory has pids of its own.
      if ((await whoListens(path)) === 'refused') fs.rmSync(path, { force: true });
    }),
  ).catch(() => {});
}
