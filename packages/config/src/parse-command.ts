import { readCommandLine } from './command-line.ts';
import { helpText } from './render/help.ts';

/** The request of a command line. All but `help` and `version` go on to `resolveConfig`. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' | 'check-config' | 'print-config' | 'serve' };

/** @throws TshornError ERR_OPTION; prints nothing and never exits */
export async function parseCommand(argv: readonly string[]): Promise<Command> {
  const { asks } = readCommandLine(argv, '/');
  return asks === 'help' ? { kind: asks, text: helpText() } : { kind: asks };
}
