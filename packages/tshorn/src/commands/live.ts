/** Lines that are redrawn in place on a terminal. */
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

  /** Takes the picture away: what follows is written as usual. */
  end(): void {
    clearInterval(this.#timer);
    this.#stream.write(this.#back() + SHOW_CURSOR);
    this.#drawn = 0;
  }

  /** Up to the first line drawn, and clear from there on. */
  #back(): string {
    // A terminal echoes ^C where the cursor stands.
    return this.#drawn === 0 ? '' : `\r\u001b[${this.#drawn}A\u001b[0J`;
  }
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
