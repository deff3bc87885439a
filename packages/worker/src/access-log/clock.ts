/** The time of day as bytes, made once a second. */
import { ascii, type Out } from './out.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (number: number): string => String(number).padStart(2, '0');

/** `29/Nov/2026:02:57:00 +0100`, in the time zone of the process. */
function commonTime(date: Date): string {
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const offset = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${day}:${time} ${offset < 0 ? '-' : '+'}${two(hours)}${two(minutes)}`;
}

export class Clock {
  readonly #before: string;
  #second = Number.NaN;
  #iso = ascii('');
  #common = ascii('');

  /** @param before stands before each time of `iso` */
  constructor(before = '') {
    this.#before = before;
  }

  #turn(second: number): void {
    this.#second = second;
    const date = new Date(second * 1_000);
    this.#iso = ascii(this.#before + date.toISOString().slice(0, 20));
    this.#common = ascii(`[${commonTime(date)}]`);
  }

  /** `2026-11-29T02:57:00.123`, in UTC @param now milliseconds since the epoch */
  iso(out: Out, now: number): void {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#turn(second);
    out.write(this.#iso);
    out.three(now - second * 1_000);
  }

  /** `[29/Nov/2026:02:57:00 +0000]` */
  common(out: Out, now: number): void {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#turn(second);
    out.write(this.#common);
  }
}
