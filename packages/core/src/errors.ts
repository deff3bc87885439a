/**
 * Every error that a person can meet, with the exit code of its family. The message is one or two
 * sentences: what, where, what was expected; `fix` says how to mend it. Our own stack is never shown.
 */

/** Exit codes of `tshorn`; part of its interface, listed in docs/operating.md. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  neverReady: 3,
  appNotLoadable: 4,
  addressInUse: 5,
  addressForbidden: 6,
  badAddress: 7,
} as const;

const EXIT_OF = {
  ERR_PLATFORM: EXIT.usage,
  ERR_OPTION: EXIT.usage,
  ERR_CONFIG_FILE: EXIT.usage,
  ERR_ENV_FILE: EXIT.usage,
  ERR_CERTIFICATE: EXIT.usage,
  ERR_HOOK: EXIT.usage,
  ERR_USER: EXIT.usage,
  ERR_LOG_FILE: EXIT.usage,
  ERR_PID_FILE: EXIT.usage,
  ERR_APP_MISSING: EXIT.appNotLoadable,
  ERR_APP_SYNTAX: EXIT.appNotLoadable,
  ERR_APP_THROWS: EXIT.appNotLoadable,
  ERR_APP_KIND: EXIT.appNotLoadable,
  ERR_APP_TYPESCRIPT: EXIT.appNotLoadable,
  ERR_NEVER_READY: EXIT.neverReady,
  ERR_CONTROL: EXIT.usage,
  ERR_ADDRESS_IN_USE: EXIT.addressInUse,
  ERR_ADDRESS_FORBIDDEN: EXIT.addressForbidden,
  ERR_ADDRESS: EXIT.badAddress,
  ERR_STATE: EXIT.failure,
} as const;

export type ErrorCode = keyof typeof EXIT_OF;

export class TshornError extends Error {
  override readonly name = 'TshornError';
  readonly code: ErrorCode;
  /** How to mend it: one sentence, or nothing where the message says it all. */
  readonly fix: string | undefined;
  /** Text of somebody else's making (the app's own stack, a parser's excerpt), shown as it came. */
  readonly detail: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { fix?: string; detail?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.fix = more.fix;
    this.detail = more.detail;
  }

  get exitCode(): number {
    return EXIT_OF[this.code];
  }
}

/** The text of an error for a person: message, fix, and the detail that somebody else wrote. */
export function renderError(error: unknown): string {
  if (!(error instanceof TshornError)) return describeThrown(error);
  return [error.message, error.fix && `  fix: ${error.fix}`, error.detail?.replace(/^/gm, '  | ')]
    .filter(Boolean)
    .join('\n');
}

/** The reason of a failed system call, without its name and its paths: `ENOENT: no such file or directory`. */
export function systemReason(error: unknown): string {
  const text = describeThrown(error);
  return /^Error: (E[A-Z0-9]+: [^,]+)/.exec(text)?.[1] ?? text;
}

/** One line for anything that user code may throw: errors, strings, undefined, exotic objects. */
export function describeThrown(thrown: unknown): string {
  if (thrown === undefined || thrown === null) return String(thrown);
  try {
    if (thrown instanceof Error) return thrown.message ? `${thrown.name}: ${thrown.message}` : thrown.name;
    return typeof thrown === 'string'
      ? thrown
      : `${typeof thrown} ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return typeof thrown;
  }
}

/** The stack of something thrown by user code, or its description where it has none. */
export function stackOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error && typeof thrown.stack === 'string' && thrown.stack) return thrown.stack;
  } catch {
    // A getter that throws.
  }
  return describeThrown(thrown);
}
