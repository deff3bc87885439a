/**
 * The inspector of this worker, open for a debugger (`--inspect`) on a free port of 127.0.0.1. A relay in the master has the
 * address that people know, and ends the debuggers' connections. Loaded only with `--inspect`.
 * The other end is master/src/inspect/inspectors.ts.
 */
import inspector from 'node:inspector';
import { pathToFileURL } from 'node:url';
import { describeThrown, type ToMaster } from '@tshorn/core';

type Send = (message: ToMaster) => Promise<void>;

export class WorkerInspector {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
    // With a debugger attached, Node would wait for its end: the worker would be neither there nor gone.
    process.on('exit', () => {
      if (inspector.url() !== undefined) inspector.close();
    });
  }

  /** Returns true when a debugger can attach. */
  open(): boolean {
    let reason: string | undefined;
    try {
      if (inspector.url() === undefined) inspector.open(0, '127.0.0.1');
    } catch (error) {
      reason = describeThrown(error);
    }
    const address = inspector.url();
    // Node may have told stderr the reason, and thrown nothing.
    void this.#send({
      type: 'inspector',
      ...(address === undefined
        ? { state: 'failed', ...(reason !== undefined && { reason }) }
        : { state: 'open', address }),
    });
    return address !== undefined;
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
