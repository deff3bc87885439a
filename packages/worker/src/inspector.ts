/**
 * The inspector of this worker, which listens for a debugger where the master says (`--inspect`). One worker of a slot has
 * the address at a time: the master orders the older one to close before this one opens. Loaded only with `--inspect`.
 * The other end is master/src/inspect/inspectors.ts.
 */
import inspector from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describeThrown, type InspectorAddress, type ToMaster } from '@tshorn/core';

/** The boot goes on without a debugger after this time. */
const WAIT_MS = 1_000;
const FAST_EVERY_MS = 20;
const SLOW_EVERY_MS = 500;

type Send = (message: ToMaster) => Promise<void>;

export class WorkerInspector {
  readonly #send: Send;
  #address: InspectorAddress | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Why the last attempt failed; Node may have told stderr instead. */
  #problem: string | undefined;

  constructor(send: Send) {
    this.#send = send;
    // With a debugger attached, Node would wait for its end: the worker would be neither there nor gone.
    process.on('exit', () => this.#close());
  }

  /** Opens at that address, as soon as it is free. Resolves when it is open, or after a second. */
  async open(address: InspectorAddress): Promise<boolean> {
    this.#stop();
    this.#address = address;
    const until = performance.now() + WAIT_MS;
    // Another order may come between two attempts.
    while (this.#address === address && !this.#tryToOpen()) {
      if (performance.now() >= until) {
        this.#goOn(address);
        return false;
      }
      await sleep(FAST_EVERY_MS);
    }
    return this.#address === address;
  }

  /** Disconnects the debuggers, which then find the next worker at the address. */
  close(): void {
    this.#stop();
    this.#close();
    void this.#send({ type: 'inspector', state: 'closed' });
  }

  /**
   * Waits until a debugger has attached and has set its breakpoints, as `node --inspect-brk` does, and has the app's file
   * stop at its first statement. Returns the function that ends this.
   */
  async pauseAt(file: string): Promise<() => void> {
    // The loop stands still until the debugger is there: the message has to leave first.
    await this.#send({ type: 'inspector', state: 'waiting' });
    inspector.waitForDebugger();
    return pauseAtFirstStatement(file);
  }

  /** Node writes why it failed to stderr, and throws nothing; a wrong host or port throws. */
  #tryToOpen(): boolean {
    const { host, port } = this.#address as InspectorAddress;
    try {
      if (inspector.url() === undefined) inspector.open(port, host);
    } catch (error) {
      this.#problem = describeThrown(error);
    }
    if (inspector.url() === undefined) return false;
    void this.#send({ type: 'inspector', state: 'open' });
    return true;
  }

  #goOn(address: InspectorAddress): void {
    const reason = this.#problem;
    void this.#send({ type: 'inspector', state: 'busy', ...(reason !== undefined && { reason }) });
    const attempt = () => {
      if (this.#address === address && !this.#tryToOpen())
        this.#timer = setTimeout(attempt, SLOW_EVERY_MS).unref();
    };
    this.#timer = setTimeout(attempt, SLOW_EVERY_MS).unref();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#address = undefined;
  }

  #close(): void {
    if (inspector.url() !== undefined) inspector.close();
  }
}

/**
 * A breakpoint by line and URL would be the first one in the file, which may be inside of a function: a module that only
 * exports has none outside but that of its end. The place is known when the file is compiled, which is before it runs.
 */
function pauseAtFirstStatement(file: string): () => void {
  const url = pathToFileURL(file).href;
  const session = new inspector.Session();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => {
    // A loader may add a query.
    if (params.url.split(/[?#]/, 1)[0] !== url) return;
    const start = { scriptId: params.scriptId, lineNumber: 0, columnNumber: 0 };
    session.post('Debugger.getPossibleBreakpoints', { start, restrictToFunction: true }, (_error, found) => {
      const location = found?.locations[0];
      if (location) session.post('Debugger.setBreakpoint', { location });
    });
  });
  session.post('Debugger.enable');
  return () => session.disconnect();
}
