/**
 * The way into a worker that hangs: its inspector, which Node opens when the process gets SIGUSR1, also in the
 * middle of a busy loop. The address, with its secret part, is told on the worker's stderr. Created with each
 * worker; it only reads along until it is opened.
 */

/** Only this machine, whatever the app may write there. */
const LISTENING = /^Debugger listening on (ws:\/\/(?:127\.0\.0\.1|\[::1\]|localhost):\d+\/[0-9a-f-]+)$/;
const CHATTER =
  /^(Debugger (listening on ws:|attached\.|ending on ws:)|For help, see: https:\/\/nodejs\.org\/|Waiting for the debugger to disconnect)/;

export class InspectorDoor {
  #address: string | undefined;
  #opened = false;
  #onAddress: (address: string) => void = () => {};
  /** Whether somebody else has attached a debugger: a worker at a breakpoint stands still as well. */
  debugged = false;

  /** Takes a line of the worker's stderr. True: it is the inspector's, about our own visit, and nobody else's matter. */
  readLine(line: string): boolean {
    if (!CHATTER.test(line)) return false;
    const address = LISTENING.exec(line)?.[1];
    if (address !== undefined) {
      this.#address = address;
      this.#onAddress(address);
    } else if (line.startsWith('Debugger attached') && !this.#opened) this.debugged = true;
    return this.#opened;
  }

  /** Resolves with the address; never, if the process does not tell it. */
  open(signal: () => void): Promise<string> {
    this.#opened = true;
    return new Promise((resolve) => {
      this.#onAddress = resolve;
      // One that listens already says nothing to the signal.
      if (this.#address !== undefined) resolve(this.#address);
      else signal();
    });
  }
}
