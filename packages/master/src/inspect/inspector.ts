/**
 * The inspector of one worker, from outside. Node opens it when the process gets SIGUSR1, also in the middle of a busy
 * loop, and writes its address, with a secret part, to the worker's standard error. With `--inspect` the worker opens it
 * itself, on a port that a relay stands before (inspectors.ts). The WorkerHandle creates it; it only reads along until it is opened.
 */

/** Addresses of this machine alone, whatever the app may write there. */
const LISTENING = /^Debugger listening on (ws:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):\d+\/[0-9a-f-]+)$/;
const CHATTER =
  /^(Debugger (listening on ws:|attached\.|ending on ws:)|For help, see: https:\/\/nodejs\.org\/|Waiting for the debugger to disconnect|Starting inspector on .* failed: )/;

export class Inspector {
  #address: string | undefined;
  #opened = false;
  #onAddress: (address: string) => void = () => {};
  #debuggers = 0;
  /** Sessions of the master's that Node has not told of yet. */
  #visits = 0;
  /** The address of the inspector that was shut. */
  #shut: string | undefined;
  /** The worker opens the inspector itself: people are told of the relay's address. */
  isManaged = false;
  /** The worker waits for a debugger before it loads its app. */
  isAwaited = false;
  /** The words of Node about the last attempt to listen. */
  problem: string | undefined;

  /** A person has attached a debugger, or is to attach it: a worker at a breakpoint stands still as well. */
  get debugged(): boolean {
    return this.#debuggers > 0 || this.isAwaited;
  }

  /** With `--inspect` a worker may stand still while it boots. Without it, no line on stderr buys a worker that time. */
  get mayHoldBoot(): boolean {
    return this.isManaged && this.debugged;
  }

  /** The address for a client of the master's; undefined where none is known to listen. */
  get address(): string | undefined {
    return this.#address;
  }

  /** Takes a line of the worker's stderr. True: it is no news to a person, and is not passed on. */
  readLine(line: string): boolean {
    if (!CHATTER.test(line)) return false;
    const address = LISTENING.exec(line)?.[1];
    if (address !== undefined) {
      // Node tells of it once more when a session ends while it listens; the next one has another secret part.
      if (address === this.#shut) return true;
      this.#address = address;
      this.#onAddress(address);
    } else if (line.startsWith('Debugger attached')) this.#attached();
    else if (line.startsWith('Debugger ending')) this.#debuggers = Math.max(0, this.#debuggers - 1);
    else if (line.startsWith('Starting'))
      this.problem = line.slice(line.indexOf('failed: ') + 'failed: '.length);
    return this.#opened || this.isManaged;
  }

  #attached(): void {
    this.isAwaited = false;
    if (this.#visits > 0) this.#visits--;
    else this.#debuggers++;
  }

  /** The connections of the debuggers are ended, and the next ones go to another worker. */
  left(): void {
    this.#debuggers = 0;
    this.isAwaited = false;
  }

  /**
   * Resolves with the address; never, if the process does not write it.
   * @param signal sends SIGUSR1; not called when the inspector listens already, since Node then writes nothing
   */
  open(signal: () => void): Promise<string> {
    this.#opened = true;
    this.#visits++;
    return new Promise((resolve) => {
      this.#onAddress = resolve;
      if (this.#address !== undefined) resolve(this.#address);
      else signal();
    });
  }

  /** True while nobody but the master looks into it. */
  get isOursAlone(): boolean {
    return !this.isManaged && this.#debuggers === 0;
  }

  /** The inspector has been closed; the next signal opens it again. */
  shut(): void {
    this.#shut = this.#address;
    this.#address = undefined;
  }
}
