/** Who may bind which address, and who has bound it: proc_pid_net(5). Linux only. */
import { resolve } from 'node:path';
import { type Address, formatAddress } from '@tshorn/core';
import type { NetworkFacts, ServerFacts, TakenFacts } from '../facts.ts';
import type { System } from '../system.ts';
import { wordsOf } from './surroundings.ts';

const CAP_NET_BIND_SERVICE = 10n;
/** The state of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';
/** The flag of a unix socket that listens: __SO_ACCEPTCON in the flags of /proc/net/unix. */
const ACCEPTS = 0x10000;

export function networkOf(system: System, server: ServerFacts | undefined): NetworkFacts {
  const { read, platform } = system;
  const addresses = read('/proc/net/if_inet6');
  const lowest = read('/proc/sys/net/ipv4/ip_unprivileged_port_start');
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(read('/proc/self/status') ?? '')?.[1] ?? '0';
  return {
    hasIpv6: platform === 'linux' ? (addresses ?? '').trim() !== '' : undefined,
    lowestPort: platform === 'linux' ? Number(lowest ?? 1024) : undefined,
    mayBindLow: ((BigInt(`0x${capabilities}`) >> CAP_NET_BIND_SERVICE) & 1n) === 1n,
    taken: server?.hasApp ? server.config.bind.flatMap((at) => takenBy(system, at)) : [],
  };
}

function takenBy(system: System, address: ServerFacts['config']['bind'][number]): TakenFacts[] {
  if (address.kind === 'systemd') return [];
  const inode = address.kind === 'unix' ? inodeOfPath(system, address.path) : inodeOfPort(system, address);
  if (inode === undefined) return [];
  const pids = holdersOf(system, inode);
  const [first] = pids;
  const words = first === undefined ? undefined : wordsOf(first, system);
  return [{ address: formatAddress(address), pids, ...(words && { program: words.join(' ').slice(0, 80) }) }];
}

interface Row {
  readonly host: string;
  readonly inode: string;
}

function inodeOfPort(system: System, { host, port }: Address & { kind: 'tcp' }): string | undefined {
  if (port === 0) return undefined;
  const wanted = hexOf(host);
  // A name: who resolves it is the master.
  if (wanted === undefined) return undefined;
  const listening = (file: string): Row[] =>
    (system.read(file) ?? '').split('\n').flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const [at, atPort = ''] = local?.split(':') ?? [];
      if (state !== LISTEN || Number.parseInt(atPort, 16) !== port || !at || !inode) return [];
      return [{ host: at, inode }];
    });
  const rows = [...listening('/proc/net/tcp'), ...listening('/proc/net/tcp6')];
  return rows.find((row) => collide(row.host, wanted))?.inode;
}

const ANY4 = '00000000';
const ANY6 = '0'.repeat(32);
/** ::ffff:0:0/96 in the byte order of /proc. */
const MAPPED = '0000000000000000FFFF0000';

/** Both in the form of /proc. `::` takes the IPv4 addresses as well, unless it is told not to. */
function collide(bound: string, wanted: string): boolean {
  if (bound === wanted || bound === ANY6 || wanted === ANY6) return true;
  const plain = (host: string) => (host.startsWith(MAPPED) ? host.slice(MAPPED.length) : host);
  const [one, other] = [plain(bound), plain(wanted)];
  if (one.length !== other.length) return false;
  return one === other || one === ANY4 || other === ANY4;
}

/** A host in the form of /proc; undefined for a name. */
function hexOf(host: string): string | undefined {
  if (host === '' || host === '::') return ANY6;
  if (host === 'localhost') return hexOf('127.0.0.1');
  if (host === '::1') return `${'0'.repeat(24)}01000000`;
  const bytes = host.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => !(byte >= 0 && byte < 256))) return undefined;
  return bytes
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
    .join('');
}

function inodeOfPath({ read }: System, path: string): string | undefined {
  const absolute = resolve(path);
  for (const line of (read('/proc/net/unix') ?? '').split('\n')) {
    const [, , , flags = '', , , inode, at] = line.trim().split(/\s+/);
    if (at === absolute && (Number.parseInt(flags, 16) & ACCEPTS) !== 0) return inode;
  }
  return undefined;
}

/** The processes of this user, or for root those of everybody. */
function holdersOf({ list, readlink }: System, inode: string): number[] {
  const wanted = `socket:[${inode}]`;
  const pids = list('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  return pids.filter((pid) =>
    list(`/proc/${pid}/fd`).some((fd) => readlink(`/proc/${pid}/fd/${fd}`) === wanted),
  );
}
