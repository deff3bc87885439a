import fs from 'node:fs';

/**
 * Closes a unix socket without removing the file of another server. libuv unlinks the path of a socket that it closes,
 * whatever is there by then (uv__pipe_close): a file that has taken its place is moved aside meanwhile.
 * @param ino the inode of the socket's own file
 */
export function closeUnixSocket(path: string, ino: number, close: () => void): void {
  const found = fs.statSync(path, { throwIfNoEntry: false })?.ino;
  if (found === undefined || found === ino) return close();
  const aside = `${path}.${process.pid}`;
  const moved = rename(path, aside);
  close();
  if (moved) rename(aside, path);
}

/** Where this user may not rename, libuv may not remove either. */
function rename(from: string, to: string): boolean {
  try {
    fs.renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}
