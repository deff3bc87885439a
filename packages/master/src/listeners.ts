/**
 * The listeners: bound addresses that the master owns from start to stop, so that no connection is refused while workers
 * come and go. The master itself never accepts: workers share these sockets.
 */
import dns from 'node:dns';
import fs from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  type BindAddress,
  formatAddress,
  placeOf,
  type Scheme,
  spoken,
  TshornError,
  whoListens,
} from '@tshorn/core';
import { type BoundHandle, bindTcp, bindUnix } from './bound-handle.ts';
import { closeUnixSocket } from './os/unix-socket-file.ts';
import { temporaryName } from './private-directory.ts';
import type { Identity } from './privileges.ts';

export interface Listener {
  readonly handle: BoundHandle;
  /** The address as the kernel has it: port 0 has become a real one. */
  readonly address: BindAddress;
  /** The address as the config has it. */
  readonly asked: BindAddress;
  readonly source: 'bound' | 'systemd' | 'inherited';
  /** The name by which systemd has passed it. */
  readonly activated?: string;
  /** Present where plain HTTP is sent on to https: the ports of the two, as far as they are TCP. */
  readonly redirect?: { readonly http?: number; readonly https?: number };
  /** Present for a unix socket that tshorn has made. */
  readonly file?: SocketFile;
  /** A second call does nothing. */
  close(): void;
}

export type OwnAddress = Exclude<BindAddress, { kind: 'systemd' }>;

export interface SocketFile {
  readonly path: string;
  readonly ino: number;
}

/** Mode and owner of the file of a unix socket. */
export interface FileRights {
  readonly mode: number;
  /** Undefined: the master's user. */
  readonly owner?: Pick<Identity, 'uid' | 'gid'> | undefined;
}

/** The listeners that the old master passes to this one. */
export interface Inherited {
  take(asked: BindAddress, rights: FileRights): Listener | undefined;
}

/** The option that names the addresses. */
export interface Asking {
  readonly option: 'bind' | 'admin' | 'agent';
  /**
   * True where this process accepts on them itself: it can close the socket and leave its file to another master. libuv
   * removes the name that a unix socket was bound by, so the socket is bound by another name and moved to its own.
   */
  readonly movable?: true;
}

/** Binds all addresses, or none: a failure gives back those that were bound before it. Inherited ones are adopted. */
export async function bindAll(
  addresses: readonly OwnAddress[],
  rights: FileRights,
  inherited?: Inherited,
  asking: Asking = { option: 'bind' },
): Promise<Listener[]> {
  refuseOverlaps(addresses, asking);
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) {
      const place = placeOf(address);
      const listener =
        inherited?.take(place, rights) ??
        (place.kind === 'tcp'
          ? await listenTcp(place, asking)
          : await listenUnix(place.path, rights, asking));
      listeners.push(withScheme(listener, address.scheme));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
}

/** The socket is the same, whatever is spoken there. */
export const withScheme = (listener: Listener, scheme: Scheme | undefined): Listener => ({
  ...listener,
  asked: spoken(listener.asked, scheme),
  address: spoken(listener.address, scheme),
});

/** `::` takes IPv4 connections as well. */
const covers = (host: string, other: string): boolean =>
  host === other || host === '' || host === '::' || (host === '0.0.0.0' && !other.includes(':'));

/** The kernel refuses overlapping addresses only when a worker begins to listen, which is too late for a good message. */
function refuseOverlaps(addresses: readonly OwnAddress[], { option }: Asking): void {
  for (const [at, one] of addresses.entries()) {
    const other = addresses.slice(0, at).find((earlier) => overlap(earlier, one));
    if (!other) continue;
    const [first, second] = [formatAddress(other), formatAddress(one)];
    throw new TshornError('ERR_ADDRESS', `${option}: ${first} and ${second} overlap`, {
      fix: 'leave one of them out',
    });
  }
}

export function overlap(one: OwnAddress, other: OwnAddress): boolean {
  if (one.kind === 'unix' || other.kind === 'unix') {
    return one.kind === 'unix' && other.kind === 'unix' && one.path === other.path;
  }
  if (one.port !== other.port || one.port === 0) return false;
  return covers(one.host, other.host) || covers(other.host, one.host);
}

export type TcpAddress = Extract<BindAddress, { kind: 'tcp' }>;

async function listenTcp(wanted: TcpAddress, { option }: Asking): Promise<Listener> {
  for (const host of await hostsOf(wanted, option)) {
    const handle = bindTcp(host, wanted.port);
    // A machine without IPv6 cannot have `::`; then every address means every IPv4 address.
    if (handle === 'EAFNOSUPPORT' || (handle === 'EADDRNOTAVAIL' && wanted.host === '' && host === '::'))
      continue;
    if (typeof handle === 'string') throw bindError(option, wanted, handle);
    const name: { address?: string; port?: number } = {};
    handle.getsockname?.(name);
    const address = { kind: 'tcp', host, port: name.port ?? wanted.port } as const;
    return { handle, asked: wanted, address, source: 'bound', close: () => handle.close() };
  }
  throw bindError(option, wanted, 'EADDRNOTAVAIL');
}

/** The addresses that a host stands for, best first. @throws TshornError ERR_ADDRESS */
export async function hostsOf({ host, port }: TcpAddress, option = 'bind'): Promise<string[]> {
  if (host === '') return ['::', '0.0.0.0'];
  if (net.isIP(host)) return [host];
  try {
    return [(await promisify(dns.lookup)(host)).address];
  } catch {
    throw new TshornError(
      'ERR_ADDRESS',
      `${option}: the host name of "${host}:${port}" cannot be looked up`,
      {
        fix: 'write an address of this machine, for instance 127.0.0.1 or 0.0.0.0',
      },
    );
  }
}

async function listenUnix(
  path: string,
  { mode, owner }: FileRights,
  { option, movable }: Asking,
): Promise<Listener> {
  const address = { kind: 'unix', path } as const;
  const failed = (error: unknown) => bindError(option, address, (error as NodeJS.ErrnoException).code ?? '');
  try {
    await removeStale(option, path);
  } catch (error) {
    throw error instanceof TshornError ? error : failed(error);
  }
  const at = movable ? join(dirname(path), temporaryName()) : path;
  const handle = bindWithMode(at, mode);
  if (typeof handle === 'string') throw bindError(option, address, handle);
  try {
    if (owner) fs.lchownSync(at, owner.uid, owner.gid);
    if (movable) fs.renameSync(at, path);
    const { ino } = fs.lstatSync(path);
    const close = () =>
      movable ? closeMoved(handle, { path, ino }) : closeUnixSocket(path, ino, () => handle.close());
    return { handle, asked: address, address, source: 'bound', file: { path, ino }, close };
  } catch (error) {
    handle.close();
    throw failed(error);
  }
}

function closeMoved(handle: BoundHandle, { path, ino }: SocketFile): void {
  if (fs.lstatSync(path, { throwIfNoEntry: false })?.ino === ino) fs.rmSync(path, { force: true });
  handle.close();
}

/** The umask gives the file its mode: chmod would follow a link that another user puts there meanwhile. */
function bindWithMode(path: string, mode: number): BoundHandle | string {
  const before = process.umask(0o777 & ~mode);
  try {
    return bindUnix(path);
  } finally {
    process.umask(before);
  }
}

/** Removes a socket file that nobody listens on, which a crash has left. Any other file is refused. */
async function removeStale(option: string, path: string): Promise<void> {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) {
    throw new TshornError('ERR_ADDRESS', `${option}: ${path} exists and is not a socket`, {
      fix: 'choose another path, or remove the file if nobody needs it',
    });
  }
  // In doubt (EACCES, say) the address is in use: a file that may belong to another server stays.
  if ((await whoListens(path)) !== 'refused') throw bindError(option, { kind: 'unix', path }, 'EADDRINUSE');
  fs.rmSync(path, { force: true });
}

export function bindError(option: string, address: BindAddress, name: string): TshornError {
  const where = formatAddress(address);
  const directory = address.kind === 'unix' ? dirname(address.path) : undefined;
  // libuv says EACCES for a directory that is not there (uv_pipe_bind2 converts ENOENT).
  if (directory !== undefined && (name === 'ENOTDIR' || isMissing(directory))) {
    return new TshornError('ERR_ADDRESS', `${option}: cannot bind ${where}: ${directory} is no directory`, {
      fix: 'create the directory, or choose another path',
    });
  }
  switch (name) {
    case 'EADDRINUSE':
      return new TshornError('ERR_ADDRESS_IN_USE', `${option}: ${where} is in use by another process`, {
        fix: `stop that process, or choose another address with --${option}`,
      });
    case 'EACCES':
    case 'EPERM':
      return new TshornError('ERR_ADDRESS_FORBIDDEN', `${option}: no permission for ${where}`, {
        fix:
          address.kind === 'unix'
            ? 'choose a directory that this user may write to'
            : 'choose a port of 1024 or more, or give the process CAP_NET_BIND_SERVICE',
      });
    default:
      return new TshornError('ERR_ADDRESS', `${option}: cannot bind ${where}: ${name}`, {
        fix: `choose an address of this machine${address.kind === 'tcp' ? `, for instance 127.0.0.1:${address.port}` : ''}`,
      });
  }
}

function isMissing(path: string): boolean {
  try {
    return fs.statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // A path that this user may not look at may well exist.
    return false;
  }
}
