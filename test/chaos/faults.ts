/**
 * Which clients a fault may hit: those whose connections the worker held when it struck. Read from the
 * kernel, so that a failure is explained by the very worker that had it, and by nothing else.
 */
import fs from 'node:fs';

/** The kernel's table of connections, and what a process has open. */
interface View {
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

function clientsIn({ tcp, links }: View, serverPort: number): Set<number> {
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

/** The worker's clock and this one are read a moment apart. */
const CLOCKS_DIFFER_MS = 20;

export interface Strike {
  readonly fault: string;
  readonly pid: number;
  readonly at: number;
  /** The clients' ports. */
  readonly clients: ReadonlySet<number>;
}

interface Window {
  readonly fault: string;
  readonly from: number;
  readonly waiting: ReadonlySet<number>;
  until: number;
}

export class Ledger {
  readonly strikes: Strike[] = [];
  readonly #windows: Window[] = [];

  /** A fault has struck this worker, and with it these clients. */
  strike(fault: string, pid: number, clients: ReadonlySet<number>, at = Date.now()): void {
    this.strikes.push({ fault, pid, at, clients });
  }

  /** Reads what the workers have written just before they misbehaved: see app.mjs. */
  read(file: string, serverPort: number): void {
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      const { fault, pid, at, ...view } = JSON.parse(line) as Omit<Strike, 'clients'> & View;
      this.strike(fault, pid, clientsIn(view, serverPort), at);
    }
  }

  /**
   * A fault that hits whoever connects while it lasts, and who waits to be accepted when it begins. Returns the
   * function that ends it.
   */
  begin(fault: string, waiting: ReadonlySet<number>): () => void {
    const window = { fault, from: Date.now(), waiting, until: Number.POSITIVE_INFINITY };
    this.#windows.push(window);
    return () => {
      window.until = Date.now();
    };
  }

  /** Finds the fault that explains why the connection from `port`, opened at `since`, failed at `at`. */
  explain({ port, since, at }: { port: number; since: number; at: number }): string | undefined {
    // A port may be used again: only what struck while this connection was open counts.
    const isOpen = (time: number) => time >= since && time <= at + CLOCKS_DIFFER_MS;
    const strike = this.strikes.find((one) => one.clients.has(port) && isOpen(one.at));
    if (strike) return strike.fault;
    return this.#windows.find(({ from, until, waiting }) =>
      since < from ? waiting.has(port) && isOpen(from) : since <= until,
    )?.fault;
  }
}
