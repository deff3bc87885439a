/**
 * The inspector of one worker, from outside. Node opens it when the process gets SIGUSR1, also in the middle of a busy
 * loop, and writes its address, with a secret part, to the worker's standard error. The WorkerHandle creates it; it
 * only reads along until it is opened.
 */

/** Addresses of this machine alone, whatever the app may write there. */
const LISTENING = /^Debugger listening on (ws:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):\d+\/[0-9a-f-]+)$/;
const CHATTER =
  /^(Debugger (listening on ws:|attached\.|ending on ws:)|For help, see: https:\/\/nodejs\.org\/|Waiting for the debugger to disconnect)/;

export class Inspector {
  #address: string | undefined;
  #opened = false;
  #onAddress: (address: string) => void = () => {};
  /** A person has attached a debugger: a worker at a breakpoint stands still as well. */
  debugged = false;

  /** Takes a line of the worker's stderr. True: it is about the master's own visit, and is not passed on. */
  readLine(line: string): boolean {
    if (!CHATTER.test(line)) return false;
    const address = LISTENING.exec(line)?.[1];
    if (address !== undefined) {
      this.#address = address;
      this.#onAddress(address);
    } else if (line.startsWith('Debugger attached') && !this.#opened) this.debugged = true;
    return this.#opened;
  }

  /**
   * Resolves with the address; never, if the process does not write it.
   * @param signal sends SIGUSR1; not called when the inspector listens already, since Node then writes nothing
   */
  open(signal: () => void): Promise<string> {
    this.#opened = true;
    return new Promise((resolve) => {
      this.#onAddress = resolve;
      if (this.#address !== undefined) resolve(this.#address);
      else signal();
    });
  }
}
