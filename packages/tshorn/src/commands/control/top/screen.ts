/**
 * The terminal of `tshorn top`: the alternate screen, in raw mode, drawn without flicker, and given back as it was,
 * however the command ends.
 */
import readline from 'node:readline';
import type { Paint } from '../../style.ts';
import type { Key } from './keys.ts';
import { type Line, painted, widthOf } from './line.ts';
import type { Size } from './view.ts';

const ESC = '\u001b[';
/** The alternate screen, without cursor and without wrapping. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l${ESC}2J`;
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`;
/** A terminal that knows these shows all changes between them at once (https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036). */
const BEGIN = `${ESC}?2026h`;
const END = `${ESC}?2026l`;

interface Around {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly paint: Paint;
  key(key: Key): void;
  /** The size has changed, or the terminal is back from a pause. */
  redraw(): void;
}

export class Screen {
  readonly #around: Around;
  /** The lines that are there. */
  #drawn: string[] = [];
  #isOpen = false;

  constructor(around: Around) {
    this.#around = around;
    readline.emitKeypressEvents(around.input, { escapeCodeTimeout: 50 } as never);
  }

  get size(): Size {
    const { columns, rows } = this.#around.output;
    return { columns: columns || 80, rows: rows || 24 };
  }

  open(): void {
    const { input, output } = this.#around;
    process.on('exit', this.#leave);
    // The error would be written to the alternate screen, and be gone with it.
    process.on('uncaughtExceptionMonitor', this.#leave);
    process.on('SIGCONT', this.#continue);
    process.on('SIGTSTP', this.#stop);
    output.on('resize', this.#resized);
    input.on('keypress', this.#pressed);
    this.#enter();
  }

  /** Gives the terminal back. A second call does nothing. */
  close(): void {
    const { input, output } = this.#around;
    this.#leave();
    process.off('exit', this.#leave);
    process.off('uncaughtExceptionMonitor', this.#leave);
    process.off('SIGCONT', this.#continue);
    process.off('SIGTSTP', this.#stop);
    output.off('resize', this.#resized);
    input.off('keypress', this.#pressed);
    input.pause();
  }

  /** Writes the lines that differ from those that are there. */
  draw(lines: readonly Line[]): void {
    if (!this.#isOpen) return;
    const { columns } = this.size;
    const next = lines.map((line) => {
      // A cursor behind the last column stands on it, and the rest of the line would be that character.
      const clear = widthOf(line) < columns ? `${ESC}K` : '';
      return painted(line, this.#around.paint) + clear;
    });
    const changes = next.flatMap((line, at) =>
      line === this.#drawn[at] ? [] : [`${ESC}${at + 1};1H${line}`],
    );
    this.#drawn = next;
    if (changes.length > 0) this.#around.output.write(`${BEGIN}${changes.join('')}${END}`);
  }

  /** Draws every line again, at the next drawing. */
  forget(): void {
    this.#drawn = [];
    this.#around.output.write(`${ESC}2J`);
  }

  /** Ctrl-Z: in raw mode it is no more than a key. The whole group stops, npx included, as the terminal would do it. */
  suspend(): void {
    process.kill(0, 'SIGTSTP');
  }

  #enter(): void {
    const { input, output } = this.#around;
    input.setRawMode(true);
    input.resume();
    output.write(ENTER);
    this.#drawn = [];
    this.#isOpen = true;
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { input, output } = this.#around;
    try {
      input.setRawMode(false);
      output.write(LEAVE);
    } catch {
      // The terminal has gone.
    }
  };

  readonly #stop = (): void => {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #continue = (): void => {
    // `kill -CONT` may come to one that was never stopped.
    if (!this.#isOpen) this.#enter();
    this.#around.redraw();
  };

  readonly #resized = (): void => {
    this.forget();
    this.#around.redraw();
  };

  readonly #pressed = (_text: string | undefined, key: Key): void => this.#around.key(key);
}
