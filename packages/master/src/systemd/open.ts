/** Makes listeners of the sockets that systemd passes, and binds the other addresses. */
import { resolve } from 'node:path';
import { type BindAddress, formatAddress, type Scheme, TshornError } from '@tshorn/core';
import {
  bindAll,
  type FileRights,
  hostsOf,
  type Inherited,
  type Listener,
  type OwnAddress,
  overlap,
  withScheme,
} from '../listeners.ts';
import type { ActivatedSocket } from './activation.ts';
import { choose, describeSocket, matches, type Wanted } from './choose.ts';

interface Opening {
  readonly sockets: readonly ActivatedSocket[];
  /** Undefined: no address is configured. */
  readonly binds: readonly BindAddress[] | undefined;
  /** The address of the redirect to https, which comes last among the listeners. */
  readonly redirect: OwnAddress | undefined;
  /** Spoken at the sockets that no address names. */
  readonly scheme: Scheme | undefined;
  readonly rights: FileRights;
  readonly inherited: Inherited | undefined;
  warn(text: string): void;
}

/** @throws TshornError ERR_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_FORBIDDEN; then every descriptor is closed */
export async function openActivated(opening: Opening): Promise<Listener[]> {
  const { sockets, binds, redirect, scheme, rights, inherited, warn } = opening;
  try {
    const wanted = binds && (await Promise.all(binds.map(wantedOf)));
    const redirecting = redirect && (await wantedOf(redirect));
    const all = redirecting && [...(wanted ?? sockets.map(wantedAs)), redirecting];
    const choice = choose(sockets, all ?? wanted);
    const spokenAt = (socket: ActivatedSocket): Scheme | undefined =>
      wanted ? wanted.find((want) => matches(socket, want))?.bind.scheme : scheme;
    const isRedirect = (socket: ActivatedSocket) => redirecting !== undefined && matches(socket, redirecting);
    const bound = await bindAll(choice.bind, rights, inherited).catch((error) => {
      throw withHint(error, sockets, choice.bind);
    });
    for (const socket of choice.unused) {
      warn(`systemd has passed ${describeSocket(socket)}, which is not served: no --bind names it`);
      socket.handle?.close();
    }
    const adopted = (sockets: readonly ActivatedSocket[]) =>
      sockets.flatMap((socket) => listenerOf(socket).map((one) => withScheme(one, spokenAt(socket))));
    // The scheme of the redirect is that of its address: none.
    const redirects = choice.adopted.filter(isRedirect).flatMap(listenerOf);
    return [...adopted(choice.adopted.filter((socket) => !isRedirect(socket))), ...bound, ...redirects];
  } catch (error) {
    for (const { handle } of sockets) handle?.close();
    throw error;
  }
}

/** All of them are served. */
const wantedAs = ({ name }: ActivatedSocket): Wanted => ({ bind: { kind: 'systemd', name }, hosts: [] });

async function wantedOf(bind: BindAddress): Promise<Wanted> {
  if (bind.kind === 'tcp') return { bind, hosts: await hostsOf(bind) };
  // The kernel knows the path as systemd wrote it: absolute.
  return { bind: bind.kind === 'unix' ? { ...bind, path: resolve(bind.path) } : bind, hosts: [] };
}

/** systemd owns the file of a unix socket: its mode stays, and it is not removed. */
const listenerOf = ({ handle, address, name }: ActivatedSocket): Listener[] =>
  handle
    ? [{ handle, asked: address, address, source: 'systemd', activated: name, close: () => handle.close() }]
    : [];

/** Names the holder where `0.0.0.0:80` is in use by an activated `[::]:80`. */
function withHint(error: unknown, sockets: readonly ActivatedSocket[], binds: Parameters<typeof bindAll>[0]) {
  if (!(error instanceof TshornError && error.code === 'ERR_ADDRESS_IN_USE')) return error;
  const holder = sockets.find(
    ({ address }) => address.kind !== 'systemd' && binds.some((bind) => overlap(bind, address)),
  );
  if (!holder) return error;
  return new TshornError(error.code, `${error.message}, or by systemd's own ${describeSocket(holder)}`, {
    fix: `to serve that socket, use --bind ${formatAddress(holder.address)} or --bind systemd:${holder.name}`,
  });
}
