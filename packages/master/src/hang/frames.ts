/** The JavaScript stack of a process that the debugger has paused. Pure. */

export interface Frame {
  /** Empty for an anonymous function. */
  readonly function: string;
  /** A path, or a URL of another kind such as `node:fs`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** https://chromedevtools.github.io/devtools-protocol/v8/Debugger/#type-CallFrame, as it is read here. */
export interface CallFrame {
  readonly callFrameId?: unknown;
  readonly functionName?: unknown;
  readonly url?: unknown;
  readonly location?: {
    readonly scriptId?: unknown;
    readonly lineNumber?: unknown;
    readonly columnNumber?: unknown;
  };
}

/** @param scripts the URL of each script, by its id */
export function framesOf(
  callFrames: readonly CallFrame[],
  scripts: ReadonlyMap<unknown, string>,
): readonly Frame[] {
  return callFrames.map(({ functionName, url, location }) => ({
    function: String(functionName ?? ''),
    file: fileOf(String(url || (scripts.get(location?.scriptId) ?? ''))),
    line: Number(location?.lineNumber ?? 0) + 1,
    column: Number(location?.columnNumber ?? 0) + 1,
  }));
}

/** A file that was loaded anew may carry a query. */
function fileOf(url: string): string {
  if (!url.startsWith('file://')) return url;
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return url;
  }
}

/**
 * True in code that V8 itself calls for each promise while an async hook is active (AsyncLocalStorage before Node 24): V8
 * ends the process when it is ended from outside there.
 */
export const isInPromiseHook = (stack: readonly Frame[]): boolean =>
  stack.some(
    ({ function: name, file }) => file === 'node:internal/async_hooks' && /^promise\w*Hook/.test(name),
  );
