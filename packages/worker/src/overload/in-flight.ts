/** The requests that the app has. One more and one less cost as little as a counter would: no look-up by response. */
import type http from 'node:http';

export interface Running {
  readonly response: http.ServerResponse;
  /** Since when the app has it, on the clock of performance.now(). */
  readonly from: number;
  /** Its place among the others; -1 once it is none of them. */
  at: number;
}

export class InFlight {
  readonly #all: Running[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(response: http.ServerResponse, from: number): Running {
    const one = { response, from, at: this.#all.length };
    this.#all.push(one);
    return one;
  }

  /** @returns false where it has been removed before */
  remove(one: Running): boolean {
    if (one.at < 0) return false;
    const last = this.#all.pop() as Running;
    if (last !== one) {
      this.#all[one.at] = last;
      last.at = one.at;
    }
    one.at = -1;
    return true;
  }

  /** An event stream or a download does not wait for the app any more. */
  forgetStreams(): void {
    for (const one of this.#all.filter(({ response }) => response.headersSent)) this.remove(one);
  }
}
