/** Reads the words after the name of a command. Never prints and never exits. */
import { didYouMean, OPTIONS, parseFlags } from '@tshorn/config';
import { type ReloadPlan, TshornError } from '@tshorn/core';
import type { ControlCommand } from './names.ts';
import { COMMANDS, WHICH } from './table.ts';

export interface CommandLine {
  readonly name: ControlCommand;
  readonly help: boolean;
  readonly json: boolean;
  readonly wait: boolean;
  readonly mode: 'graceful' | 'quick' | 'now';
  readonly scale: { readonly to: number } | { readonly delta: number } | undefined;
  readonly plan: ReloadPlan | undefined;
  readonly abort: boolean;
  readonly dryRun: boolean;
  readonly which: Which;
}

/** The master that is meant. At most one field is set. */
export interface Which {
  readonly pid?: number;
  readonly control?: string;
  readonly pidFile?: string;
}

/** @throws TshornError ERR_OPTION, which names the word and the expected ones */
export function readCommand(name: ControlCommand, words: readonly string[]): CommandLine {
  const row = COMMANDS[name];
  const flags = [...row.flags, ...WHICH];
  const withValue = flags.flatMap(({ flag, meta }) => (meta ? [flag] : []));
  const alone = flags.flatMap(({ flag, meta }) => (meta ? [] : [flag]));
  const { parsed, missing } = parseFlags(words, { withValue, alone, shorts: { h: 'help' } });
  const help = parsed.help === true;
  if (!help) refuse(name, parsed, [...withValue, ...alone], missing);

  const text = (flag: string) => [parsed[flag] ?? []].flat().at(-1) as string | undefined;
  const rest = parsed._.map(String);
  const scale = row.takesCount && !help ? readCount(rest.shift()) : undefined;
  const which = readWhich(rest, text('control'), text('pid-file'));
  if (parsed.quick && parsed.now) throw wrong('--quick and --now exclude each other');
  const mode = parsed.now ? 'now' : parsed.quick ? 'quick' : 'graceful';
  const asks = {
    plan: readPlan(text('plan')),
    abort: parsed.abort === true,
    dryRun: parsed['dry-run'] === true,
  };
  if (asks.abort && (asks.dryRun || asks.plan)) {
    throw wrong(`--abort and --${asks.dryRun ? 'dry-run' : 'plan'} exclude each other`);
  }
  const [json, wait] = [parsed.json === true, parsed['no-wait'] !== true];
  return { name, help, json, wait, mode, scale, ...asks, which };
}

/** Accepts the plans of the option `--reload-plan`. */
function readPlan(text: string | undefined): ReloadPlan | undefined {
  if (text === undefined) return undefined;
  const { kind } = OPTIONS.reloadPlan;
  try {
    return kind.parse(text);
  } catch {
    throw wrong(`--plan: got ${JSON.stringify(text)}; expected ${kind.expected}`);
  }
}

function refuse(
  name: ControlCommand,
  parsed: Record<string, unknown>,
  known: string[],
  missing: string | undefined,
): void {
  const unknown = Object.keys(parsed).find((flag) => flag !== '_' && !known.includes(flag));
  if (unknown !== undefined) {
    const flag = unknown.length === 1 ? `-${unknown}` : `--${unknown}`;
    const hint = didYouMean(
      flag,
      known.map((each) => `--${each}`),
    );
    throw wrong(
      `${flag}: tshorn ${name} has no such option${hint}`,
      `tshorn ${name} --help lists its options; to serve a file named ${name}: tshorn ./${name}`,
    );
  }
  if (missing !== undefined) throw wrong(`--${missing}: the value is missing`);
}

function readCount(word: string | undefined): { to: number } | { delta: number } {
  const match = /^([+-]?)(\d{1,6})$/.exec(word ?? '');
  if (match?.[1] === '' && Number(match[2]) > 0) return { to: Number(match[2]) };
  if (match?.[1] && Number(match[2]) > 0) return { delta: Number(word) };
  const got = word === undefined ? 'nothing' : `"${word}"`;
  throw wrong(`scale: got ${got}; expected a number of workers such as 4, or +1, or -1`);
}

function readWhich(
  [pid, ...others]: string[],
  control: string | undefined,
  pidFile: string | undefined,
): Which {
  if (others.length > 0) throw wrong(`"${others[0]}": unexpected; a command takes one PID`);
  if ([pid, control, pidFile].filter((way) => way !== undefined).length > 1) {
    throw wrong('PID, --control and --pid-file each name a master: give one of them');
  }
  if (control !== undefined) return { control };
  if (pidFile !== undefined) return { pidFile };
  return pid === undefined ? {} : { pid: readPid(pid, 'PID') };
}

/** @throws TshornError ERR_OPTION */
export function readPid(text: string, where: string): number {
  if (/^[1-9]\d{0,9}$/.test(text.trim())) return Number(text);
  throw wrong(`${where}: got ${JSON.stringify(text.slice(0, 40))}; expected the pid of a master`);
}

const wrong = (message: string, fix?: string) =>
  new TshornError('ERR_OPTION', message, fix === undefined ? {} : { fix });
