/**
 * The messages between the old and the new master of a re-exec. The two may be of different versions of tshorn: message
 * types and optional fields are only ever added, and a message that does not match is dropped.
 */
import {
  bool,
  count,
  envelope,
  LONGEST_CARRY,
  LONGEST_RESUMER,
  LONGEST_STATE,
  lines,
  list,
  literal,
  type MessageOf,
  ms,
  name,
  opaque,
  optional,
  readerOf,
} from '@tshorn/core';

const MOST_LISTENERS = 1_024;
const LONGEST_ADDRESS = 1_024;

const TO_NEW_MASTER = {
  /** Answers `ready`: the new master may take the PID file and the control socket. */
  'take-over': {},
  /** Carries a connection of a worker that drains; answered by `took` or `declined`. */
  take: { id: count(), resumer: optional(name(LONGEST_RESUMER)), carry: optional(opaque(LONGEST_CARRY)) },
  /** Answers `took` of a connection with a resumer: the state that its new owner needs. */
  state: { id: count(), text: optional(opaque(LONGEST_STATE)) },
  /** Follows `take`: a connection up to this number that has not arrived by now was lost on its way. */
  sent: { upTo: count() },
  /** Answers `hello`: a session that a client has begun with the old master's workers resumes with the new ones. */
  'ticket-keys': { keys: opaque(64) },
  /** The new master has to end; its workers have not been the only ones at any time. */
  'stand-down': { mode: literal('graceful', 'quick', 'now'), reason: lines() },
};

const TO_OLD_MASTER = {
  /** The new master has read its config. */
  hello: { bootTimeout: ms },
  /** All workers of the new master accept. */
  ready: {},
  /** Answers `take-over`: the new master is active. */
  'took-over': {
    /** Names of the inherited listeners that it keeps. */
    kept: list(opaque(LONGEST_ADDRESS), MOST_LISTENERS),
    /** The new master takes connections. */
    takes: optional(bool),
    /** The new master also takes connections that carry a state. */
    resumes: optional(bool),
    /** And those of TLS. */
    carries: optional(bool),
  },
  /** Answers `take`: a worker of the new master owns the connection. */
  took: { id: count() },
  /** Answers `take`: no worker of the new master has the connection, nor will have it. */
  declined: { id: count(), reason: lines() },
  /** The new master ends, for this reason. */
  failed: { reason: lines() },
};

export type ToNewMaster = MessageOf<typeof TO_NEW_MASTER>;
export type ToOldMaster = MessageOf<typeof TO_OLD_MASTER>;

export const wrap = (message: ToNewMaster | ToOldMaster): object => envelope(message);

/** Both return undefined for anything that is no whole message of ours: a hook may use the channel, too. */
export const readToNewMaster = (value: unknown): ToNewMaster | undefined => readNew(value).message;
export const readToOldMaster = (value: unknown): ToOldMaster | undefined => readOld(value).message;

const readNew = readerOf(TO_NEW_MASTER);
const readOld = readerOf(TO_OLD_MASTER);
