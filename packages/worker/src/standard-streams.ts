/** The standard streams of a worker: an input that may stay open and silent, and an output whose terminal may close. */
import { isTerminal, replaceLostTerminal } from '@tshorn/core';

export function prepareStandardStreams(): void {
  unrefInput();
  if (isTerminal(1)) standLossOfTerminal();
}

/**
 * An app that reads its input must not live on for that alone: it never ends. When the app first asks for it, since Node
 * makes it only then.
 */
function unrefInput(): void {
  const own = Object.getOwnPropertyDescriptor(process, 'stdin');
  if (!own?.get) return;
  const get = () => {
    Object.defineProperty(process, 'stdin', own);
    // A file or a device has no unref(), and ends by itself.
    const input: { unref?(): void } = process.stdin;
    input.unref?.();
    return input;
  };
  Object.defineProperty(process, 'stdin', { ...own, get });
}

/** Without it, the next line that the app prints ends the worker, and so it does with its replacement. */
function standLossOfTerminal(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO') throw error;
  });
  // The kernel does not tell the worker of the end of the terminal.
  process.on('exit', () => void replaceLostTerminal());
}
