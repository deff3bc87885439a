/**
 * With `--inspect`: has the newest worker of each slot listen for a debugger, always at the same address. A reload starts the
 * new worker before the old one leaves, so the old one is told to close its inspector; when the new one ends before it
 * serves, the old one opens it again. The other end is worker/src/inspector.ts. The Attendants create it.
 */
import { describeWorker, formatAddress, type ToMaster } from '@tshorn/core';
import type { Attendant, CrewMember } from '../crew.ts';
import { fieldsOf } from '../hang/warnings.ts';
import type { Logger } from '../log.ts';

type Report = Extract<ToMaster, { type: 'inspector' }>;

/** A worker that runs has closed its inspector by then; one at a breakpoint has not heard of it. */
const CLOSE_WITHIN_MS = 250;

export class Inspectors implements Attendant {
  readonly #log: Logger;
  /** The living workers that have an inspector, oldest first. */
  readonly #workers: CrewMember[] = [];
  readonly #closing = new Map<number, NodeJS.Timeout>();

  constructor(log: Logger) {
    this.#log = log;
  }

  spawned(worker: CrewMember): void {
    if (!worker.request.boot.inspector) return;
    worker.handle.inspector.isManaged = true;
    const older = this.#newestOf(worker.identity.slot);
    this.#workers.push(worker);
    if (older) this.#close(older);
  }

  ended(worker: CrewMember): void {
    const at = this.#workers.indexOf(worker);
    if (at === -1) return;
    const { slot } = worker.identity;
    const wasNewest = this.#newestOf(slot) === worker;
    this.#workers.splice(at, 1);
    this.#closed(worker);
    const newest = this.#newestOf(slot);
    if (wasNewest && newest && !newest.handle.isKilled) this.#open(newest);
  }

  /** A worker reports what became of its inspector. */
  report(serial: number, { state, reason }: Report): void {
    const worker = this.#workers.find((one) => one.serial === serial);
    if (!worker) return;
    const { inspector } = worker.handle;
    if (state === 'closed') return this.#closed(worker);
    if (state === 'waiting') {
      inspector.isAwaited = true;
      return this.#say(worker, 'info', `waits for a debugger on ${addressOf(worker)} (--inspect-brk)`);
    }
    if (state === 'busy') {
      const why = reason ?? inspector.problem ?? 'address already in use';
      this.#say(worker, 'warn', `no debugger can attach on ${addressOf(worker)}: ${why}; it is tried again`);
    }
  }

  #newestOf(slot: number): CrewMember | undefined {
    return this.#workers.findLast(({ identity }) => identity.slot === slot);
  }

  #open({ handle, request }: CrewMember): void {
    const { host, port } = request.boot.inspector ?? {};
    if (host !== undefined && port !== undefined) handle.inspect({ host, port });
  }

  #close(worker: CrewMember): void {
    worker.handle.inspect(undefined);
    clearTimeout(this.#closing.get(worker.serial));
    const timer = setTimeout(() => void this.#release(worker), CLOSE_WITHIN_MS).unref();
    this.#closing.set(worker.serial, timer);
  }

  /** It stands at a breakpoint: it goes on, finishes its requests, and reads the order. */
  async #release({ identity, handle }: CrewMember): Promise<void> {
    const { address } = handle.inspector;
    if (address === undefined) return;
    const { resume } = await import('./resume.ts');
    resume(address);
    const worker = { ...identity, pid: handle.pid };
    this.#log.debug(`${describeWorker(worker)} continues: the debugger attaches to its replacement`);
  }

  #closed({ serial, handle }: CrewMember): void {
    clearTimeout(this.#closing.get(serial));
    this.#closing.delete(serial);
    handle.inspector.closed();
  }

  #say({ identity, handle: { pid } }: CrewMember, level: 'info' | 'warn', text: string): void {
    const worker = { ...identity, pid };
    this.#log[level]({ event: 'inspector', ...fieldsOf(worker) }, `${describeWorker(worker)} ${text}`);
  }
}

const addressOf = ({ request: { boot } }: CrewMember): string =>
  boot.inspector ? formatAddress({ kind: 'tcp', ...boot.inspector }) : 'its address';
