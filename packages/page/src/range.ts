/** How far back the charts go: the shortest range that holds the history, until the visitor chooses one. */

const MINUTE = 60_000;

export class Range {
  readonly #inputs = [...document.querySelectorAll<HTMLInputElement>('#range input')];
  #isChosen = false;

  constructor(changed: () => void) {
    for (const input of this.#inputs) {
      input.addEventListener('change', () => {
        this.#isChosen = true;
        changed();
      });
    }
  }

  /** @returns milliseconds */
  follow(historyMs: number): number {
    if (!this.#isChosen) {
      const fitting =
        this.#inputs.find(({ value }) => Number(value) * MINUTE > historyMs) ?? this.#inputs.at(-1);
      if (fitting) fitting.checked = true;
    }
    return Number(this.#inputs.find(({ checked }) => checked)?.value) * MINUTE;
  }
}
