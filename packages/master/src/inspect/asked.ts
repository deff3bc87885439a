/**
 * Where the inspectors of the workers are to listen: by `--inspect` of tshorn, or by that of Node, in NODE_OPTIONS,
 * `--node-options` or before the program. Node's own would open when a process starts, and a reload starts the new worker
 * while the old one still has the address; so the flag is taken away, and the workers open their inspectors by themselves.
 * Pure.
 */
import type { Config } from '@tshorn/config';
import { type InspectorAddress, wordsOf } from '@tshorn/core';

export interface Asked extends InspectorAddress {
  /** The worker waits for a debugger before the app's first line. */
  readonly pause: boolean;
}

const FLAG = /^--inspect(?<how>-brk|-wait)?(?:=(?<address>.*))?$/;
const DEFAULT = { host: '127.0.0.1', port: 9229 };
const LAST_PORT = 65_535;

export const withoutInspect = (words: readonly string[]): string[] =>
  words.filter((word) => !FLAG.test(word));

/** The value of NODE_OPTIONS without `--inspect` and its kin. */
export const withoutInspectOption = (options: string): string =>
  withoutInspect(wordsOf(options).map(({ raw }) => raw)).join(' ');

export interface Surroundings {
  /** NODE_OPTIONS of the worker, with what `--node-options` adds. */
  readonly nodeOptions: string;
  /** Flags of Node that the master was started with, and its own NODE_OPTIONS. */
  readonly execArgv: readonly string[];
  readonly mastersNodeOptions: string;
  /** `process.debugPort` of the master, where its own inspector listens. */
  readonly debugPort: number;
}

/**
 * Returns the address for the worker in a slot: each slot has the next port; port 0 is any free one. Undefined where nobody
 * asked. Under Node's own flag the master listens as well, so that the workers' ports begin behind its port.
 */
export function inspectorOf(
  { inspect, inspectBrk }: Pick<Config, 'inspect' | 'inspectBrk'>,
  slot: number,
  { nodeOptions, execArgv, mastersNodeOptions, debugPort }: Surroundings,
): Asked | undefined {
  const own = inspectBrk ?? inspect;
  if (own) return { ...own, port: portOf(own.port, slot), pause: inspectBrk !== undefined };
  const flagIn = (words: readonly string[]) => words.map((word) => FLAG.exec(word)?.groups).findLast(Boolean);
  const valuesOf = (options: string) => wordsOf(options).map(({ value }) => value);
  const ofMaster = flagIn([...valuesOf(mastersNodeOptions), ...execArgv]);
  const flag = flagIn([...execArgv, ...valuesOf(nodeOptions)]);
  if (!flag) return undefined;
  const { host, port } = addressOf(flag.address);
  const pause = flag.how !== undefined;
  return { host, port: portOf(ofMaster ? debugPort + 1 : port, slot), pause };
}

const portOf = (first: number, slot: number): number => (first === 0 ? 0 : Math.min(first + slot, LAST_PORT));

/** `[HOST:]PORT` or `HOST`, as Node reads it. */
function addressOf(text = ''): InspectorAddress {
  const [, ipv6, name, port] = /^(?:(?:\[(.*)\]|([^:]*[^:\d][^:]*))(?::|$))?(\d*)$/.exec(text) ?? [];
  return { host: ipv6 || name || DEFAULT.host, port: port ? Number(port) : DEFAULT.port };
}
