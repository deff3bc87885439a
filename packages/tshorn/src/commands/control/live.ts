/** Lines that are redrawn in place on a terminal. */

/** Interval between two drawings. */
const EVERY_MS = 100;

export class Live {
  readonly #stream: NodeJS.WriteStream;
  readonly #render: (width: number) => string[];
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream, render: (width: number) => string[]) {
    this.#stream = stream;
    this.#render = render;
    this.#stream.write(HIDE_CURSOR);
    this.#timer = setInterval(() => this.draw(), EVERY_MS);
    this.draw();
  }

  draw(): void {
    const lines = this.#render(this.#stream.columns || 80);
    this.#stream.write(this.#back() + lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines.length;
  }

  /** Removes the picture, so that the next output starts in its place. */
  end(): void {
    clearInterval(this.#timer);
    this.#stream.write(this.#back() + SHOW_CURSOR);
    this.#drawn = 0;
  }

  /** The control sequence that moves to the first drawn line and clears from there on. */
  #back(): string {
    // The carriage return is needed because a terminal echoes ^C at the cursor.
    return this.#drawn === 0 ? '' : `\r\u001b[${this.#drawn}A\u001b[0J`;
  }
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
