/**
 * The keys that seal the session tickets of TLS, the same in all workers: a session resumes in each of them. Workers that speak
 * no TLS get them too, since only the app knows whether it makes an https server of its own. Created with the listeners; the
 * Attendants lead it to the workers.
 */
import { randomBytes } from 'node:crypto';

/** A stolen key opens the tickets of that time, and the first connection of each client after it makes a full handshake. */
const ROTATE_EVERY_MS = 12 * 3_600_000;

type Send = (serial: number, message: { readonly type: 'ticket-keys'; readonly keys: string }) => void;

export class TicketKeys {
  #keys = newKeys();
  /** Serials of the workers that have them. */
  readonly #with = new Set<number>();
  #send: Send = () => {};
  readonly #rotation = setInterval(() => this.use(newKeys()), ROTATE_EVERY_MS).unref();

  /** To be called once, before the first worker. */
  attend(send: Send): void {
    this.#send = send;
  }

  close(): void {
    clearInterval(this.#rotation);
  }

  /** 48 bytes in base64: whoever has them can read the tickets of the clients. */
  get keys(): string {
    return this.#keys;
  }

  /** Before the boot order of a worker. */
  boot(serial: number): void {
    this.#with.add(serial);
    this.#send(serial, { type: 'ticket-keys', keys: this.#keys });
  }

  gone(serial: number): void {
    this.#with.delete(serial);
  }

  /** Every worker seals tickets with these from now on: a rotation, or the keys of the old master of a re-exec. */
  use(keys: string): void {
    this.#keys = keys;
    for (const serial of this.#with) this.#send(serial, { type: 'ticket-keys', keys });
  }
}

const newKeys = (): string => randomBytes(48).toString('base64');
