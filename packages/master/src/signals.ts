/** Gunicorn's signals, each turned into a request to the master. docs/signals.md has the table. */
import { isUnderNodemon } from './nodemon.ts';
import { Terminal } from './terminal.ts';

export interface SignalTarget {
  reload(by: string): void;
  scaleBy(delta: number, by: string): void;
  stop(mode: 'graceful' | 'quick' | 'now', by: string): void;
  reopenLog(): void;
  reExec(by: string): void;
}

/** Returns the function that gives the signals back. */
export function listenToSignals(target: SignalTarget): () => void {
  const terminal = new Terminal();
  // Now: nodemon ends the shell in between first, and then nothing leads to nodemon any more.
  const underNodemon = isUnderNodemon();
  const stopForNodemon = (signal: string) =>
    target.stop('quick', `${signal} from nodemon, which restarts it; tshorn --watch needs no nodemon`);
  let quick = 0;
  const stopQuickly = (signal: string) => target.stop(quick++ === 0 ? 'quick' : 'now', signal);
  const actions: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGHUP: () => {
      if (underNodemon) stopForNodemon('SIGHUP');
      else if (terminal.hasJustClosed) target.stop('graceful', 'SIGHUP, since its terminal was closed');
      else target.reload('SIGHUP');
    },
    SIGTERM: () => target.stop('graceful', 'SIGTERM'),
    SIGINT: () => stopQuickly('SIGINT'),
    SIGQUIT: () => stopQuickly('SIGQUIT'),
    SIGTTIN: () => target.scaleBy(1, 'SIGTTIN'),
    SIGTTOU: () => target.scaleBy(-1, 'SIGTTOU'),
    // Node keeps SIGUSR1 for its inspector; a listener of our own replaces that in the master.
    SIGUSR1: () => target.reopenLog(),
    SIGUSR2: () => {
      // It would start a second server beside the new master.
      if (underNodemon) stopForNodemon('SIGUSR2');
      else target.reExec('SIGUSR2');
    },
  };
  const entries = Object.entries(actions) as [NodeJS.Signals, () => void][];
  for (const [signal, action] of entries) process.on(signal, action);
  return () => {
    terminal.close();
    for (const [signal, action] of entries) process.off(signal, action);
  };
}
