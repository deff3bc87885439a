/**
 * The live picture of a reload: a bar with its step, and each slot with the states of its workers. Pure: it takes the
 * events of the stream and returns lines.
 */
import { formatMs } from '@tshorn/core';
import type { Colour, Paint } from '../style.ts';
import type { StreamEvent } from './client.ts';
import { BAR, barOf, doingOf, ICONS, isGone } from './doing.ts';

/** The states of the workers of one slot, by generation. */
type Slot = Map<number, string>;

const GAP = 3;
/** Width for a slot with two workers, so that other slots do not move when a second worker appears. */
const LEAST_CELL = 33;
const MOST_ROWS = 8;

export class ReloadView {
  readonly #slots = new Map<number, Slot>();
  #generation: number | undefined;
  #back = '';
  #step = 0;
  #of = 0;
  #waits: string | undefined;

  /** @param workers the workers at the time of the request */
  constructor(workers: readonly { slot: number; generation: number; state: string }[]) {
    for (const { slot, generation, state } of workers) this.#slot(slot).set(generation, state);
  }

  #slot(number: number): Slot {
    const slot = this.#slots.get(number) ?? new Map();
    this.#slots.set(number, slot);
    return slot;
  }

  apply({ event, msg, generation, step, of, worker, gen, backTo, release }: StreamEvent): void {
    if (event === 'queued') this.#waits = msg;
    if (event === 'reload-started') {
      this.#generation = Number(generation);
      if (backTo !== undefined) this.#back = `, back to ${release ?? `gen=${backTo}`}`;
      this.#waits = undefined;
    }
    if (typeof step === 'number' && typeof of === 'number') [this.#step, this.#of] = [step, of];
    if (typeof worker !== 'number' || typeof gen !== 'number') return;
    const slot = this.#slot(worker);
    const doing = doingOf(event);
    if (isGone(event)) slot.delete(gen);
    else if (doing !== undefined) slot.set(gen, doing);
    if (slot.size === 0) this.#slots.delete(worker);
  }

  /**
   * @param elapsedMs time since the request
   * @param width columns of the terminal; no line is longer, since a wrapped one cannot be redrawn
   */
  lines(elapsedMs: number, width: number, paint: Paint): string[] {
    const took = formatMs(elapsedMs);
    if (this.#waits !== undefined) return [cut(`${this.#waits}  ${took}`, width)];
    const name = this.#generation === undefined ? 'reload' : `reload to gen=${this.#generation}${this.#back}`;
    const step = this.#of === 0 ? 'preparing' : `step ${this.#step}/${this.#of}`;
    const tail = `  ${step}  ${took}`;
    const [done, rest] = barOf(this.#step, this.#of);
    const fits = name.length + 2 + BAR + tail.length <= width;
    const head = fits
      ? `${name}  ${paint('cyan', done)}${paint('dim', rest)}${tail}`
      : cut(name + tail, width);
    return [head, ...this.#slotLines(width, paint)];
  }

  #slotLines(width: number, paint: Paint): string[] {
    const cells = [...this.#slots].sort(([one], [other]) => one - other).map((slot) => this.#cellOf(...slot));
    const cell = Math.max(LEAST_CELL, ...cells.map(({ text }) => text.length)) + GAP;
    const perRow = Math.max(1, Math.floor((width + GAP) / cell));
    const rows: string[] = [];
    for (let at = 0; at < cells.length; at += perRow) {
      const row = cells.slice(at, at + perRow).map(({ text, colour }, index, { length }) => {
        const padded = index === length - 1 ? text : text.padEnd(cell);
        return paint(colour, cut(padded, width));
      });
      rows.push(row.join(''));
    }
    if (rows.length <= MOST_ROWS) return rows;
    return [...rows.slice(0, MOST_ROWS), cut(`... and ${cells.length - MOST_ROWS * perRow} more`, width)];
  }

  /** Shows the newest worker of the slot, and an older one as long as it exists. */
  #cellOf(number: number, slot: Slot): { text: string; colour: Colour } {
    const [[generation, doing] = [0, ''], ...older] = [...slot].sort(([one], [other]) => other - one);
    const rest = older.map(([old, what]) => ` (gen ${old} ${what})`).join('');
    const text = `${ICONS[doing] ?? '✖'} ${number}  gen ${generation} ${doing}${rest}`;
    const isNew = generation === this.#generation;
    const colour = doing === 'ready' ? (isNew ? 'green' : 'dim') : ICONS[doing] ? 'yellow' : 'red';
    return { text, colour };
  }
}

const cut = (text: string, width: number) => (text.length <= width ? text : text.slice(0, width));
