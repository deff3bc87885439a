import { readCommandLine } from './command-line.ts';

/** The request of a command line. All but `help` and `version` go on to `resolveConfig`. */
export type Command =
  | { readonly kind: 'help' | 'check-config' | 'print-config' | 'serve' }
  | { readonly kind: 'version'; readonly json: boolean };

/** @throws TshornError ERR_OPTION; prints nothing and never exits */
export async function parseCommand(argv: readonly string[]): Promise<Command> {
  const { asks, json } = readCommandLine(argv, '/');
  return asks === 'version' ? { kind: asks, json } : { kind: asks };
}
