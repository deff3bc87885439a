/**
 * What two masters say to each other while one follows the other. They may be of two versions of tshorn: words
 * are only ever added, and one that is not known is passed over.
 */
import type { StopMode } from '../decide/model.ts';

export type ToSuccessor =
  /** Answers `ready`: the files and the control socket are the new master's to take. */
  | { readonly type: 'take-charge' }
  /** Carries a connection of a worker that drains; answered by `took` or `declined`. */
  | { readonly type: 'take'; readonly id: number; readonly resumer?: string }
  /** Answers `took` of a connection with a resumer: what its new owner has to know. */
  | { readonly type: 'state'; readonly id: number; readonly text?: string }
  /** Follows `take`: what has not come by now was lost on its way. */
  | { readonly type: 'sent'; readonly upTo: number }
  /** It is not wanted any more: it ends, and nothing of it has served. */
  | { readonly type: 'stand-down'; readonly mode: StopMode; readonly reason: string };

export type ToPredecessor =
  /** It has read its config. Durations are milliseconds. */
  | { readonly type: 'hello'; readonly bootTimeout: number }
  /** All its workers accept. */
  | { readonly type: 'ready' }
  /**
   * Answers `take-charge`. `kept`: the addresses that it listens on, by their names in the inheritance.
   * `takes`: whether it can take connections; `continues`: also those that come with a state.
   */
  | {
      readonly type: 'in-charge';
      readonly kept: readonly string[];
      readonly takes?: boolean;
      readonly continues?: boolean;
    }
  /** Answers `take`: one of its workers owns the connection. */
  | { readonly type: 'took'; readonly id: number }
  /** Answers `take`: none of its workers has it, nor will have it. */
  | { readonly type: 'declined'; readonly id: number; readonly reason: string }
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
