/** Makes listeners of the sockets that systemd passes, and binds the other addresses. */
import { resolve } from 'node:path';
import { type BindAddress, formatAddress, TshornError } from '@tshorn/core';
import { bindAll, type FileRights, hostsOf, type Inherited, type Listener, overlap } from '../listeners.ts';
import type { ActivatedSocket } from './activation.ts';
import { choose, describeSocket, type Wanted } from './choose.ts';

interface Opening {
  readonly sockets: readonly ActivatedSocket[];
  /** Undefined: no address is configured. */
  readonly binds: readonly BindAddress[] | undefined;
  readonly rights: FileRights;
  readonly inherited: Inherited | undefined;
  warn(text: string): void;
}

/** @throws TshornError ERR_ADDRESS, ERR_ADDRESS_IN_USE, ERR_ADDRESS_FORBIDDEN; then every descriptor is closed */
export async function openActivated(opening: Opening): Promise<Listener[]> {
  const { sockets, binds, rights, inherited, warn } = opening;
  try {
    const choice = choose(sockets, binds && (await Promise.all(binds.map(wantedOf))));
    const bound = await bindAll(choice.bind, rights, inherited).catch((error) => {
      throw withHint(error, sockets, choice.bind);
    });
    for (const socket of choice.unused) {
      warn(`systemd has passed ${describeSocket(socket)}, which is not served: no --bind names it`);
      socket.handle?.close();
    }
    return [...choice.adopted.flatMap(listenerOf), ...bound];
  } catch (error) {
    for (const { handle } of sockets) handle?.close();
    throw error;
  }
}

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
