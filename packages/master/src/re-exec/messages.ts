/**
 * What two masters say to each other while one follows the other. They may be of two versions of tshorn: words
 * are only ever added, and one that is not known is passed over.
 */
import type { StopMode } from '../decide/model.ts';

export type ToSuccessor =
  /** Answers `ready`: the files and the control socket are the new master's to take. */
  | { readonly type: 'take-charge' }
  /** It is not wanted any more: it ends, and nothing of it has served. */
  | { readonly type: 'stand-down'; readonly mode: StopMode; readonly reason: string };

export type ToPredecessor =
  /** It has read its config. Durations are milliseconds. */
  | { readonly type: 'hello'; readonly bootTimeout: number }
  /** All its workers accept. */
  | { readonly type: 'ready' }
  /** Answers `take-charge`. Addresses that it listens on, by their names in the inheritance. */
  | { readonly type: 'in-charge'; readonly kept: readonly string[] }
  /** It will end, and this is why. */
  | { readonly type: 'failed'; readonly reason: string };

const KEY = 'tshornReExec';

export const wrap = (message: ToSuccessor | ToPredecessor): object => ({ [KEY]: message });

/** Undefined for what is none of ours: a hook may use the channel, too. */
export function unwrap<Message extends ToSuccessor | ToPredecessor>(value: unknown): Message | undefined {
  const inside = (value as Record<string, unknown> | null | undefined)?.[KEY];
  return typeof (inside as { type?: unknown } | undefined)?.type === 'string'
    ? (inside as Message)
    : undefined;
}
