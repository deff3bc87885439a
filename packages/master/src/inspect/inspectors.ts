/**
 * With `--inspect`: a debugger finds the newest worker of each slot, always at the same address. A worker opens its inspector
 * on a port of its own; a relay in the master has the address, and is aimed at another worker at a reload, and back when
 * that one ends before it serves. The other end is worker/src/inspector.ts. The Attendants create it.
 */
import { describeWorker, formatAddress, type InspectorAddress, type ToMaster } from '@tshorn/core';
import type { Attendant, CrewMember } from '../crew.ts';
import { fieldsOf } from '../hang/warnings.ts';
import type { Logger } from '../log.ts';
import { stderrOutlet } from '../outlet.ts';
import { Relay } from './relay.ts';

type Report = Extract<ToMaster, { type: 'inspector' }>;

/** A worker's inspector; no other address is relayed to, whatever the worker says. */
const OWN = /^ws:\/\/127\.0\.0\.1:(?<port>\d+)\/(?<id>[0-9a-f-]+)$/;

export class Inspectors implements Attendant {
  readonly #log: Logger;
  /** The living workers that have an inspector, oldest first. */
  readonly #workers: CrewMember[] = [];
  /** The inspectors that listen, by the serial of their worker. */
  readonly #open = new Map<number, { readonly port: number; readonly id: string }>();
  /** By slot. */
  readonly #relays = new Map<number, Relay>();

  constructor(log: Logger) {
    this.#log = log;
  }

  spawned(worker: CrewMember): void {
    const { inspector } = worker.request.boot;
    if (!inspector) return;
    worker.handle.inspector.isManaged = true;
    const { slot } = worker.identity;
    const older = this.#newestOf(slot);
    this.#workers.push(worker);
    this.#relayAt(slot, inspector);
    // One that stands at a breakpoint goes on without its debugger, and finishes its requests.
    older?.handle.inspector.left();
    this.#aim(slot);
  }

  ended(worker: CrewMember): void {
    const at = this.#workers.indexOf(worker);
    if (at === -1) return;
    const { slot } = worker.identity;
    this.#workers.splice(at, 1);
    this.#open.delete(worker.serial);
    if (this.#newestOf(slot)) return this.#aim(slot);
    this.#relays.get(slot)?.close();
    this.#relays.delete(slot);
  }

  /** A worker reports what became of its inspector. */
  report(serial: number, { state, address, reason }: Report): void {
    const worker = this.#workers.find((one) => one.serial === serial);
    if (!worker) return;
    if (state === 'open') {
      const { port, id } = OWN.exec(address ?? '')?.groups ?? {};
      if (port === undefined || id === undefined) return;
      this.#open.set(serial, { port: Number(port), id });
      return this.#aim(worker.identity.slot);
    }
    if (state === 'failed')
      return this.#say(worker, 'warn', `has no inspector: ${reason ?? worker.handle.inspector.problem}`);
    worker.handle.inspector.isAwaited = true;
    this.#say(worker, 'info', `waits for a debugger on ${addressOf(worker)} (--inspect-brk)`);
  }

  #newestOf(slot: number): CrewMember | undefined {
    return this.#workers.findLast(({ identity }) => identity.slot === slot);
  }

  #relayAt(slot: number, { host, port }: InspectorAddress): void {
    const last = this.#relays.get(slot);
    if (last?.address.host === host && last.address.port === port) return;
    last?.close();
    const relay = new Relay(
      { host, port },
      {
        onListening: () => this.#tell(slot),
        onBusy: (reason) => {
          const worker = this.#newestOf(slot);
          if (worker)
            this.#say(
              worker,
              'warn',
              `no debugger can attach on ${addressOf(worker)}: ${reason}; it is tried again`,
            );
        },
      },
    );
    this.#relays.set(slot, relay);
  }

  #aim(slot: number): void {
    const target = this.#open.get(this.#newestOf(slot)?.serial ?? -1);
    if (this.#relays.get(slot)?.aim(target?.port)) this.#tell(slot);
  }

  /** In the words of Node, which editors look for. */
  #tell(slot: number): void {
    const worker = this.#newestOf(slot);
    const open = worker && this.#open.get(worker.serial);
    const { port, address: { host } = { host: '' } } = this.#relays.get(slot) ?? {};
    if (!open || port === undefined) return;
    const address = formatAddress({ kind: 'tcp', host, port });
    stderrOutlet.add(Buffer.from(`Debugger listening on ws://${address}/${open.id}\n`));
  }

  #say({ identity, handle: { pid } }: CrewMember, level: 'info' | 'warn', text: string): void {
    const worker = { ...identity, pid };
    this.#log[level]({ event: 'inspector', ...fieldsOf(worker) }, `${describeWorker(worker)} ${text}`);
  }
}

const addressOf = ({ request: { boot } }: CrewMember): string =>
  boot.inspector ? formatAddress({ kind: 'tcp', ...boot.inspector }) : 'its address';
