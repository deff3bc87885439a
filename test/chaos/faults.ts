/**
 * Which clients a fault may hit: those whose connections the worker held when it struck. Read from the
 * kernel, so that a failure is explained by the very worker that had it, and by nothing else.
 */
import fs from 'node:fs';

/** The clients' ports of the connections that a process holds on the port of the server. */
export function clientsOf(pid: number, serverPort: number): Set<number> {
  const inodes = new Set<string>();
  const directory = `/proc/${pid}/fd`;
  for (const fd of listed(directory)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`${directory}/${fd}`)) ?? [];
      if (inode) inodes.add(inode);
    } catch {} // Closed since it was listed.
  }
  const ports = new Set<number>();
  for (const line of fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/);
    if (inodes.has(inode) && portOf(local) === serverPort) ports.add(portOf(remote));
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

/** This process notes a new connection after the kernel has made it: the look at a worker may come in between. */
const NOTED_WITHIN_MS = 1_000;

interface Blame {
  readonly fault: string;
  readonly from: number;
}

export class Ledger {
  /** By the client's port. */
  readonly #blames = new Map<number, Blame[]>();
  readonly #windows: { fault: string; from: number; until: number }[] = [];

  /** A fault has struck this worker, and with it these clients. */
  strike(fault: string, ports: Iterable<number>, from = Date.now()): void {
    for (const port of ports) {
      const blames = this.#blames.get(port) ?? [];
      blames.push({ fault, from });
      this.#blames.set(port, blames);
    }
  }

  /** A fault that hits whoever connects while it lasts. Returns the function that ends it. */
  begin(fault: string): () => void {
    const window = { fault, from: Date.now(), until: Number.POSITIVE_INFINITY };
    this.#windows.push(window);
    return () => {
      window.until = Date.now();
    };
  }

  /** Finds the fault that explains why the connection from `port`, opened at `since`, failed at `at`. */
  explain({ port, since, at }: { port: number; since: number; at: number }): string | undefined {
    // A port may be used again: only what struck while this connection was open counts.
    const blame = this.#blames.get(port)?.find(({ from }) => from >= since - NOTED_WITHIN_MS && from <= at);
    if (blame) return blame.fault;
    return this.#windows.find(({ from, until }) => since >= from && since <= until)?.fault;
  }
}
