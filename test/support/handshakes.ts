/** Handshakes without end against one port, each of which notes which certificate it was shown, and when. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import tls from 'node:tls';

/** One handshake; times are those of performance.now(). */
interface Shown {
  readonly from: number;
  readonly to: number;
  /** The place of the certificate in the order in which they were put there. */
  readonly age: number;
}

export interface HandshakeOptions {
  readonly port: number;
  readonly ca: string;
  /** Clients that shake hands at a time. */
  readonly clients: number;
}

export class Handshakes {
  readonly #options: HandshakeOptions;
  readonly #ages = new Map<string, number>();
  readonly #running: Promise<void>[] = [];
  #isOver = false;
  readonly shown: Shown[] = [];
  readonly failures: string[] = [];
  #wake = () => {};

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** The next certificate that is put there, by its serial number. */
  expect(serialNumber: string): void {
    this.#ages.set(serialNumber, this.#ages.size);
  }

  begin(): this {
    for (let client = 0; client < this.#options.clients; client++) this.#running.push(this.#repeat());
    return this;
  }

  async #repeat(): Promise<void> {
    while (!this.#isOver) {
      const from = performance.now();
      try {
        const serial = await handshake(this.#options);
        const age = this.#ages.get(serial);
        if (age === undefined) this.failures.push(`an unknown certificate ${serial}`);
        else this.shown.push({ from, to: performance.now(), age });
      } catch (error) {
        this.failures.push(String(error));
        if (this.failures.length > 20) this.#isOver = true;
      }
      this.#wake();
    }
  }

  /** Resolves when so many more handshakes are done. */
  async flow(more: number): Promise<void> {
    const wanted = this.shown.length + more;
    while (this.shown.length < wanted && this.failures.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  /** Handshakes that were shown an older certificate than one that had ended before they began. */
  get flips(): Shown[] {
    const byEnd = [...this.shown].sort((one, other) => one.to - other.to);
    const byStart = [...this.shown].sort((one, other) => one.from - other.from);
    let newest = 0;
    let at = 0;
    return byStart.filter((each) => {
      for (; (byEnd[at]?.to ?? Number.POSITIVE_INFINITY) < each.from; at++)
        newest = Math.max(newest, byEnd[at]?.age ?? 0);
      return each.age < newest;
    });
  }
}

/** Resolves with the serial number of the certificate that was shown, when the connection has closed. */
export function handshake({ port, ca }: Pick<HandshakeOptions, 'port' | 'ca'>): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
    let serial = '';
    socket.once('secureConnect', () => {
      serial = socket.getPeerCertificate().serialNumber;
      socket.end();
    });
    socket.resume();
    socket.once('error', reject).once('close', () => {
      if (serial === '') reject(new Error('closed before the handshake was done'));
      else resolve(serial);
    });
  });
}

/** True when the handshake waits for certificates: it is not done after 0.7 s. */
export async function isHeld(one: Promise<string>): Promise<boolean> {
  const waits = new Promise<'waits'>((resolve) => setTimeout(resolve, 700, 'waits'));
  if ((await Promise.race([one, waits])) !== 'waits') return false;
  // Its end may be there: timers come before reads.
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  return (await Promise.race([one, 'waits'])) === 'waits';
}
