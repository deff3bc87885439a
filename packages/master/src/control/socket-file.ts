/** The file of the control socket: the owner of its directory, its mode, and the files that dead masters have left. */
import fs from 'node:fs';
import net from 'node:net';
import { basename, dirname, join } from 'node:path';
import { describeThrown, whoListens } from '@tshorn/core';
import { privateDirectory, temporaryName } from '../private-directory.ts';

/** sun_path holds 108 bytes on Linux and 104 elsewhere, the terminating zero included (man 7 unix). */
const MOST_BYTES = process.platform === 'linux' ? 107 : 103;

export interface PlacedSocket {
  /** Accepts no more clients, and removes the file. One that a new master has put there stays at every moment. */
  close(): void;
  /** A client that connects to the path reaches this socket. */
  isThere(): boolean;
}

/**
 * Listens on `path`, mode 0600.
 * @param ownDirectory makes the directory, mode 0700; a directory that other users can change is refused
 * @param replaces takes the path from another master
 * @throws Error for a person to read: the path is too long, not permitted, in use, or no socket
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
  if (ownDirectory) privateDirectory(dirname(dirname(path)), basename(dirname(path)));
  // HTTP answers after the client has sent its end, too.
  const server = net.createServer({ allowHalfOpen: true }, onConnection);
  if (!replaces) await makeRoom(path);
  await listenInPlace(server, path, replaces);
  const { ino } = fs.lstatSync(path);
  server.on('error', () => {});
  const isThere = () => fs.lstatSync(path, { throwIfNoEntry: false })?.ino === ino;
  const close = () => {
    if (isThere()) fs.rmSync(path, { force: true });
    // libuv removes the name that the socket was bound by, which is another one.
    server.close();
  };
  return { isThere, close };
}

/**
 * Listens by another name first. From bind() to listen() a socket refuses, and another master that starts beside would take its
 * file for one that a dead master has left. A rename leaves no moment in which a client finds no socket.
 */
async function listenInPlace(server: net.Server, path: string, replaces: boolean): Promise<void> {
  const beside = join(dirname(path), temporaryName());
  await listen(server, beside, path);
  try {
    if (replaces) fs.renameSync(beside, path);
    else {
      // Unlike a rename, a link does not replace what another master has put there since.
      fs.linkSync(beside, path);
      fs.rmSync(beside, { force: true });
    }
  } catch (error) {
    server.close();
    throw new Error(`cannot put a socket at ${path}: ${describeThrown(error)}`);
  }
}

async function makeRoom(path: string): Promise<void> {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw new Error(`${path} exists and is not a socket`);
  if ((await whoListens(path)) !== 'refused') throw new Error(`${path} is in use by another process`);
  fs.rmSync(path, { force: true });
}

function listen(server: net.Server, at: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = ({ code, message }: NodeJS.ErrnoException) =>
      reject(new Error(`cannot listen on ${path}: ${code ?? message}`));
    server.once('error', refused);
    // By the umask the mode is 0600 from the first moment: between bind and chmod somebody could connect.
    const before = process.umask(0o177);
    try {
      server.listen(at, () => {
        server.off('error', refused);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes the sockets beside `own` that nobody listens on: their masters were killed. Never rejects. */
export async function removeStaleSockets(own: string): Promise<void> {
  const directory = dirname(own);
  const names = await fs.promises.readdir(directory).catch(() => []);
  const others = names.filter((name) => /^\d+\.sock$/.test(name) && name !== basename(own));
  await Promise.all(
    others.map(async (name) => {
      const path = join(directory, name);
      // The pid in the name says nothing: a container that shares the directory has pids of its own.
      if ((await whoListens(path)) === 'refused') fs.rmSync(path, { force: true });
    }),
  ).catch(() => {});
}
