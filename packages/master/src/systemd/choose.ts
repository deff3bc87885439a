/** Which of the sockets that systemd passes are served, and what is bound besides. Pure. */
import { type BindAddress, formatAddress, TshornError } from '@tshorn/core';
import type { OwnAddress } from '../listeners.ts';
import type { ActivatedSocket } from './activation.ts';

export interface Choice {
  readonly adopted: readonly ActivatedSocket[];
  readonly unused: readonly ActivatedSocket[];
  /** What nothing was passed for. */
  readonly bind: readonly OwnAddress[];
}

/** A wanted address, with every host that it stands for: `:8000` is `::` and `0.0.0.0`. */
export interface Wanted {
  readonly bind: BindAddress;
  readonly hosts: readonly string[];
}

/**
 * @param wanted undefined: nobody has said where to listen, and all sockets are served
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

function matches({ name, address }: ActivatedSocket, { bind, hosts }: Wanted): boolean {
  if (bind.kind === 'systemd') return name === bind.name;
  if (bind.kind === 'unix') return address.kind === 'unix' && address.path === bind.path;
  return address.kind === 'tcp' && address.port === bind.port && hosts.includes(address.host);
}

/** `http` on fd 3, at 127.0.0.1:8000. */
export const describeSocket = ({ fd, name, address }: ActivatedSocket): string =>
  `${name} (fd ${fd}${address.kind === 'systemd' ? '' : `, ${formatAddress(address)}`})`;

function notPassed(name: string, sockets: readonly ActivatedSocket[]): TshornError {
  const passed = sockets.map(describeSocket).join(', ');
  return new TshornError('ERR_ADDRESS', `bind: systemd:${name}: systemd has passed ${passed}`, {
    fix: 'write FileDescriptorName= in the .socket unit, or the name of that unit',
  });
}

const notServed = (socket: ActivatedSocket, problem: string): TshornError =>
  new TshornError('ERR_ADDRESS', `systemd has passed ${describeSocket(socket)}, which is ${problem}`, {
    fix: 'use ListenStream= and Accept=no in the .socket unit, or choose other sockets with --bind systemd:NAME',
  });
