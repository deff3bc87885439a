/** Chooses the sockets of systemd that are served, and the addresses that are bound besides. Pure. */
import { type BindAddress, formatAddress, TshornError } from '@tshorn/core';
import type { OwnAddress } from '../listeners.ts';
import type { ActivatedSocket } from './activation.ts';

export interface Choice {
  readonly adopted: readonly ActivatedSocket[];
  readonly unused: readonly ActivatedSocket[];
  /** Addresses for which systemd has passed no socket. */
  readonly bind: readonly OwnAddress[];
}

/** A wanted address, with every host that it means: `:8000` is `::` and `0.0.0.0`. */
export interface Wanted {
  readonly bind: BindAddress;
  readonly hosts: readonly string[];
}

/**
 * @param wanted undefined: no address is configured, and all sockets are served
 * @throws TshornError ERR_ADDRESS for a name that was not passed, or a socket that cannot be served
 */
export function choose(sockets: readonly ActivatedSocket[], wanted: readonly Wanted[] | undefined): Choice {
  const adopted = new Set<ActivatedSocket>(wanted ? [] : sockets);
  const bind: OwnAddress[] = [];
  for (const want of wanted ?? []) {
    const found = sockets.filter((socket) => matches(socket, want));
    for (const socket of found) adopted.add(socket);
    if (found.length > 0) continue;
    if (want.bind.kind === 'systemd') throw notPassed(want.bind.name, sockets);
    bind.push(want.bind);
  }
  for (const socket of adopted) if (socket.problem !== undefined) throw notServed(socket, socket.problem);
  return { adopted: [...adopted], unused: sockets.filter((socket) => !adopted.has(socket)), bind };
}

export function matches({ name, address }: ActivatedSocket, { bind, hosts }: Wanted): boolean {
  if (bind.kind === 'systemd') return name === bind.name;
  if (bind.kind === 'unix') return address.kind === 'unix' && address.path === bind.path;
  return address.kind === 'tcp' && address.port === bind.port && hosts.includes(address.host);
}

/** `http (fd 3, 127.0.0.1:8000)` */
export const describeSocket = ({ fd, name, address }: ActivatedSocket): string =>
  `${name} (fd ${fd}${address.kind === 'systemd' ? '' : `, ${formatAddress(address)}`})`;

function notPassed(name: string, sockets: readonly ActivatedSocket[]): TshornError {
  const passed = sockets.map(describeSocket).join(', ');
  return new TshornError('ERR_ADDRESS', `bind: systemd:${name}: systemd has passed ${passed}`, {
    fix: 'set FileDescriptorName= in the .socket unit, or use the name of that unit',
  });
}

const notServed = (socket: ActivatedSocket, problem: string): TshornError =>
  new TshornError('ERR_ADDRESS', `systemd has passed ${describeSocket(socket)}, which is ${problem}`, {
    fix: 'use ListenStream= and Accept=no in the .socket unit, or choose other sockets with --bind systemd:NAME',
  });
