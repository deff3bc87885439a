/**
 * One command of the command line, declared once for parser, help, completion and docs/commands.md.
 *
 * To add a command: write a file here that exports `command({ ... })` and whose `run` imports the substance by
 * `import()`, add its line to all.ts and its name to names.ts, and run `npm run docs`.
 *
 *     export const greet = command({
 *       name: 'greet',
 *       summary: 'Greet somebody',
 *       about: 'Prints a greeting.',
 *       args: { name: { kind: text('NAME', 'the name of a person'), summary: 'Who is greeted', required: true } },
 *       options: { loud: { summary: 'In capital letters' } },
 *       examples: [['tshorn greet Ann --loud', 'greet Ann in capital letters']],
 *       exits: [[0, 'greeted']],
 *       run: async ({ name, loud }) => (await import('@tshorn/greeting')).greet(name, loud),
 *     });
 *
 * A command with `server: true` also takes the command line of a server. Its `run` gets those words as they were typed,
 * without the command's own options, for `resolveConfig({ argv: words, ... })`.
 */
import type { Kind } from '@tshorn/config';
import type { CommandName } from './names.ts';

export interface Argument {
  readonly kind: Kind<unknown>;
  readonly summary: string;
  readonly required?: true;
  /** Looks up what a shell offers, where the kind does not say it. */
  complete?(): Promise<readonly Candidate[]>;
}

export interface Candidate {
  readonly value: string;
  /** Stands beside it, in a shell that shows that. */
  readonly text?: string;
}

export interface CommandOption {
  /** The kind of the option's value; without one it is a flag that is on when it is given. */
  readonly kind?: Kind<unknown>;
  readonly short?: string;
  readonly summary: string;
  /** Keys of options that cannot be given together with this one. */
  readonly excludes?: readonly string[];
}

type Arguments = Readonly<Record<string, Argument>>;
/** By key: `dryRun` is `--dry-run`. */
type CommandOptions = Readonly<Record<string, CommandOption>>;

type ValueOf<K> = K extends Kind<infer Value> ? Value : never;
type Values<A extends Arguments, O extends CommandOptions> = {
  readonly [Key in keyof A]:
    | ValueOf<A[Key]['kind']>
    | (A[Key] extends { required: true } ? never : undefined);
} & {
  readonly [Key in keyof O]: O[Key] extends { kind: infer K } ? ValueOf<K> | undefined : boolean;
};

interface Declared<A extends Arguments, O extends CommandOptions> {
  readonly name: CommandName;
  /** For the list of commands: a few words, without a full stop. */
  readonly summary: string;
  /** Whole sentences. A blank line separates paragraphs. */
  readonly about: string;
  /** The words after the name, in their order. */
  readonly args?: A;
  readonly options?: O;
  /** Takes the command line of a server as well. */
  readonly server?: true;
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Exit codes and their meanings. */
  readonly exits: readonly (readonly [code: number, meaning: string])[];
  /**
   * Resolves with the exit code.
   * @param words the command line of a server, as it was typed, without the command's own options
   * @param commands every command
   * @throws TshornError, which is printed and sets the exit code
   */
  run(values: Values<A, O>, words: readonly string[], commands: CommandTable): Promise<number>;
}

/** A command whose values are not typed any more. */
export type Command = Omit<Declared<Arguments, CommandOptions>, 'run'> & {
  run(
    values: Readonly<Record<string, unknown>>,
    words: readonly string[],
    commands: CommandTable,
  ): Promise<number>;
};

export type CommandTable = Readonly<Record<CommandName, Command>>;

type None = Readonly<Record<never, never>>;

/** Types the values that `run` gets by the kinds of its arguments and options. */
export const command = <const A extends Arguments = None, const O extends CommandOptions = None>(
  declared: Declared<A, O>,
): Command => declared as unknown as Command;

export const flagOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
