/** Which process has the server's end of a connection: it holds the socket whose inode the kernel tells (proc_net(5)). */
import fs from 'node:fs';
import { childrenOf } from './proc.mjs';

const ESTABLISHED = '01';

/** The port of an address as /proc/net/tcp has it: `0100007F:1F90`. */
const portOf = (address = '') => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);

/** Inodes of the connections at a port, by the client's port. */
function inodesAt(port) {
  const inodes = new Map();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(1)) {
      const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === ESTABLISHED && portOf(local) === port) inodes.set(portOf(remote), inode);
    }
  }
  return inodes;
}

/** Inodes of the sockets that a process holds. */
function socketsOf(pid) {
  const directory = `/proc/${pid}/fd`;
  return fs.readdirSync(directory).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`${directory}/${name}`))?.[1] ?? [];
    } catch {
      // The connection has just been closed.
      return [];
    }
  });
}

/** The processes that have the connections at a port, by the clients' ports. @param {number} pid a server, with its workers */
export function ownersOf(pid, port) {
  const holders = new Map();
  for (const process of [pid, ...childrenOf(pid)]) {
    for (const inode of socketsOf(process)) holders.set(inode, process);
  }
  const owners = new Map();
  for (const [client, inode] of inodesAt(port)) {
    if (holders.has(inode)) owners.set(client, holders.get(inode));
  }
  return owners;
}
