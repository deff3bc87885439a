/** The clients of one process, as the kernel knows them (Linux only). A process can look at itself: fixtures/kernel-view.mjs. */
import fs from 'node:fs';

/** The kernel's table of connections, and what a process has open. */
export interface KernelView {
  readonly tcp: string;
  readonly links: readonly string[];
}

/** The clients' ports of the connections that a process holds on the port of the server. */
export function clientsOf(pid: number, serverPort: number): Set<number> {
  const directory = `/proc/${pid}/fd`;
  const links = listed(directory).flatMap((fd) => {
    try {
      return [fs.readlinkSync(`${directory}/${fd}`)];
    } catch {
      return []; // Closed since it was listed.
    }
  });
  return clientsIn({ tcp: connections(), links }, serverPort);
}

export function clientsIn({ tcp, links }: KernelView, serverPort: number): Set<number> {
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  return clientsWhere(tcp, serverPort, ({ inode }) => inodes.has(inode));
}

/** The clients whose connections no process has accepted. */
export const waitingClients = (serverPort: number): Set<number> =>
  clientsWhere(connections(), serverPort, ({ inode, state }) => inode === '0' && state !== TIME_WAIT);

const TIME_WAIT = '06';

const connections = () => fs.readFileSync('/proc/net/tcp', 'utf8');

function clientsWhere(
  tcp: string,
  serverPort: number,
  fits: (row: { readonly inode: string; readonly state: string }) => boolean,
): Set<number> {
  const ports = new Set<number>();
  for (const line of tcp.split('\n').slice(1)) {
    const [, local = '', remote = '', state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    if (portOf(local) === serverPort && fits({ inode, state })) ports.add(portOf(remote));
  }
  ports.delete(0);
  return ports;
}

const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '0', 16);

function listed(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return []; // The process is gone.
  }
}
