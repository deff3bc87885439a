/**
 * Keeps a config file from ending the process that reads it: that is a running master at a reload. Code that checks the
 * environment often calls process.exit(), and a master that exits so writes no reason and leaves its PID file.
 *
 * Calls are told apart by their asynchronous context, since the process itself may exit while a file is read. Timers
 * that the file leaves behind have its context; hooks do not, because the master calls them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

interface Reading {
  readonly file: string;
  /** Ends the reading; does nothing once it has ended. */
  readonly refuse: (error: EndedEarly) => void;
}

/** A file that is no config because it ends the process, or never ends itself. */
export class EndedEarly extends Error {
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

const context = new AsyncLocalStorage<Reading>();
const pending = new Set<Reading>();
let isInstalled = false;

/**
 * Resolves with what `read` does.
 * @throws EndedEarly when the code calls process.exit(), whatever it does with the error that the call throws; and when
 *   the process has nothing left to do before the code has ended
 */
export function guardExit<T>(file: string, read: () => Promise<T>): Promise<T> {
  install();
  return new Promise<T>((resolve, reject) => {
    const reading: Reading = { file, refuse: reject };
    pending.add(reading);
    context
      .run(reading, read)
      .then(resolve, reject)
      .finally(() => pending.delete(reading));
  });
}

function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  // The former calls the latter, which some programs call by themselves.
  for (const name of ['exit', 'reallyExit'] as const) {
    const original = (process as unknown as Record<typeof name, (code?: unknown) => never>)[name];
    const guarded = (...args: [code?: unknown]): never => {
      const reading = context.getStore();
      if (!reading) return Reflect.apply(original, process, args);
      const error = new EndedEarly(
        `process.${name}(${args.join()}) is called${pending.has(reading) ? '' : ` by code of ${reading.file}`}`,
        'throw an error instead: a reload reads the file in the running server',
      );
      Error.captureStackTrace(error, guarded);
      reading.refuse(error);
      throw error;
    };
    Object.assign(process, { [name]: guarded });
  }
  process.on('beforeExit', () => {
    const error = new EndedEarly(
      'the process ended before the file was read',
      'look for an `await` whose promise nothing settles',
    );
    // No line of the file is in it.
    error.stack = '';
    for (const { refuse } of pending) refuse(error);
  });
}
