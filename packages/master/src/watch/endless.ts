/**
 * Recognises a file that the app itself writes at each start, and loads or has in `--watch-path`: each reload would cause
 * the next one. Pure.
 */

/** Nobody saves the same file as often while workers boot, and never while one serves. */
const MOST_IN_A_ROW = 10;

export class Endless {
  #key = '';
  #inARow = 0;

  /**
   * Returns true once for each series of changes that has become one.
   * @param isBooting a worker was on its way into service when the files changed
   */
  changed(files: readonly string[], isBooting: boolean): boolean {
    const key = files.join('\0');
    this.#inARow = isBooting && key === this.#key ? this.#inARow + 1 : 0;
    this.#key = key;
    return this.#inARow === MOST_IN_A_ROW;
  }
}
