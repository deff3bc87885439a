/** The time of day as text, made once a second. */

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
  #second = Number.NaN;
  #iso = '';
  #common = '';

  #turn(second: number): void {
    this.#second = second;
    const date = new Date(second * 1_000);
    this.#iso = date.toISOString().slice(0, 20);
    this.#common = commonTime(date);
  }

  /** `2026-11-29T02:57:00.123Z` @param now milliseconds since the epoch */
  iso(now: number): string {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#turn(second);
    return `${this.#iso}${threeDigits(now - second * 1_000)}Z`;
  }

  /** `29/Nov/2026:02:57:00 +0000` */
  common(now: number): string {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#turn(second);
    return this.#common;
  }
}

/** A number of less than a thousand: `7` is `007`. */
const threeDigits = (number: number): string =>
  number > 99 ? `${number}` : number > 9 ? `0${number}` : `00${number}`;

/** Milliseconds with three decimals. Much faster than the text of a number that is not whole. */
export function formatMicros(ms: number): string {
  const micros = Math.round(ms * 1_000);
  const whole = Math.trunc(micros / 1_000);
  return `${whole}.${threeDigits(micros - whole * 1_000)}`;
}
