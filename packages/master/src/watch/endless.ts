/**
 * Recognises a file that the app itself writes at each start, and loads or has in `--watch-path`: each reload would cause
 * the next one. Such a reload is held back for a while. An app that nobody starts writes nothing: a change meanwhile is
 * a save of a person. Pure.
 */

/** A person seldom saves the same file as often while workers boot, and never while one serves. */
const MOST_IN_A_ROW = 5;
const FIRST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 30_000;
/** The app that has just been started may write its file more than once. */
const STARTING_MS = 500;
/** This many times in a row, the file has changed at a start, and not while the reload was held back. */
const SURE = 3;

export class Endless {
  #key = '';
  #inARow = 0;
  /** The reload that is held back, by the time. */
  #hold: { readonly since: number; readonly until: number } | undefined;

  /**
   * Returns the milliseconds to hold the reload back; 0: it comes at once.
   * @param isBooting a worker was on its way into service when the files changed
   * @param at monotonic milliseconds
   */
  changed(files: readonly string[], isBooting: boolean, at: number): number {
    const key = files.join('\0');
    const hold = this.#hold;
    if (hold && key === this.#key && at - hold.since < STARTING_MS) return hold.until - at;
    this.#hold = undefined;
    this.#inARow = isBooting && !hold && key === this.#key ? this.#inARow + 1 : 0;
    this.#key = key;
    if (this.#inARow < MOST_IN_A_ROW) return 0;
    const ms = Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** (this.#inARow - MOST_IN_A_ROW));
    this.#hold = { since: at, until: at + ms };
    return ms;
  }

  /** The reload comes now. Returns true once for each series that the app must have caused. */
  released(): boolean {
    this.#hold = undefined;
    return this.#inARow === MOST_IN_A_ROW + SURE - 1;
  }
}
