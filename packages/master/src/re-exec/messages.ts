/**
 * The messages between the old and the new master of a re-exec. The two may be of different versions of tshorn:
 * message types and fields are only ever added, and a message that does not match is dropped.
 */
import type { StopMode } from '../decide/model.ts';

export type ToNewMaster =
  /** Answers `ready`: the new master may take the PID file and the control socket. */
  | { readonly type: 'take-over' }
  /** Carries a connection of a worker that drains; answered by `took` or `declined`. */
  | { readonly type: 'take'; readonly id: number; readonly resumer?: string }
  /** Answers `took` of a connection with a resumer: the state that its new owner needs. */
  | { readonly type: 'state'; readonly id: number; readonly text?: string }
  /** Follows `take`: a connection up to this number that has not arrived by now was lost on its way. */
  | { readonly type: 'sent'; readonly upTo: number }
  /** The new master has to end; its workers have not been the only ones at any time. */
  | { readonly type: 'stand-down'; readonly mode: StopMode; readonly reason: string };

export type ToOldMaster =
  /** The new master has read its config. `bootTimeout` is milliseconds. */
  | { readonly type: 'hello'; readonly bootTimeout: number }
  /** All workers of the new master accept. */
  | { readonly type: 'ready' }
  /** Answers `take-over`: the new master is active. */
  | {
      readonly type: 'took-over';
      /** The inherited listeners that it keeps, by name. */
      readonly kept: readonly string[];
      /** It takes connections. */
      readonly takes?: boolean;
      /** It takes connections that carry a state, too. */
      readonly resumes?: boolean;
    }
  /** Answers `take`: a worker of the new master owns the connection. */
  | { readonly type: 'took'; readonly id: number }
  /** Answers `take`: no worker of the new master has the connection, nor will have it. */
  | { readonly type: 'declined'; readonly id: number; readonly reason: string }
  /** The new master ends, for this reason. */
  | { readonly type: 'failed'; readonly reason: string };

const KEY = 'tshornReExec';
/** The longest text of a log line or a verdict, in characters. */
const LONGEST_TEXT = 16_384;
const MOST_LISTENERS = 1_024;

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** A duration from a config may have a fraction. */
const isMs: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isMode: Check = (value) => value === 'graceful' || value === 'quick' || value === 'now';
const isNames: Check = (value) =>
  Array.isArray(value) && value.length <= MOST_LISTENERS && value.every(isText);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

type Shapes<Message extends { type: string }> = {
  readonly [Type in Message['type']]: Readonly<
    Record<Exclude<keyof Extract<Message, { type: Type }>, 'type'>, Check>
  >;
};

const TO_NEW_MASTER: Shapes<ToNewMaster> = {
  'take-over': {},
  take: { id: isNumber, resumer: optional(isText) },
  state: { id: isNumber, text: optional(isText) },
  sent: { upTo: isNumber },
  'stand-down': { mode: isMode, reason: isText },
};

const TO_OLD_MASTER: Shapes<ToOldMaster> = {
  hello: { bootTimeout: isMs },
  ready: {},
  'took-over': { kept: isNames, takes: optional(isFlag), resumes: optional(isFlag) },
  took: { id: isNumber },
  declined: { id: isNumber, reason: isText },
  failed: { reason: isText },
};

export const wrap = (message: ToNewMaster | ToOldMaster): object => ({ [KEY]: message });

/** Undefined for anything that is not one of our messages, or not whole: a hook may use the channel, too. */
function unwrap<Message>(shapes: Record<string, Readonly<Record<string, Check>>>, value: unknown) {
  const inside = (value as Record<string, unknown> | null | undefined)?.[KEY];
  if (typeof inside !== 'object' || inside === null) return undefined;
  const fields = inside as Record<string, unknown>;
  const { type } = fields;
  const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (!shape || !Object.entries(shape).every(([name, check]) => check(fields[name]))) return undefined;
  const { reason } = fields;
  return (
    typeof reason === 'string' ? { ...fields, reason: reason.slice(0, LONGEST_TEXT) } : fields
  ) as Message;
}

export const readToNewMaster = (value: unknown) => unwrap<ToNewMaster>(TO_NEW_MASTER, value);
export const readToOldMaster = (value: unknown) => unwrap<ToOldMaster>(TO_OLD_MASTER, value);
