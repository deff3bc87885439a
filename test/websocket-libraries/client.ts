/** One client of an app in test/fixtures/websocket-libraries, by its library's own means; it never helps itself. */

/** What the app tells: an answer to message `echo`, or the `push`-th message of its own. */
export interface Told {
  readonly echo?: number;
  readonly count?: number;
  readonly push?: number;
  readonly seen?: unknown;
  readonly pid: number;
}

export abstract class LibraryClient {
  /** Everything that a client must not see: closes, reconnects, messages that are lost, repeated or out of order. */
  readonly faults: string[] = [];
  sent = 0;
  echoed = 0;
  pushed = 0;
  /** Of the worker that has told the last thing. */
  pid = 0;
  #seen: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  protected leaving = false;

  /** Sends message `n`. */
  protected abstract send(n: number): void;
  abstract end(): void;

  /** Sends one message after the other, without waiting for answers. */
  talk(everyMs: number): void {
    this.#timer = setInterval(() => this.send(++this.sent), everyMs * (0.5 + Math.random()));
  }

  silence(): void {
    clearInterval(this.#timer);
  }

  leave(): void {
    this.silence();
    this.leaving = true;
    this.end();
  }

  protected fault(what: string): void {
    if (!this.leaving) this.faults.push(what);
  }

  protected hear({ echo, count, push, seen, pid }: Told): void {
    this.pid = pid;
    if (push !== undefined) {
      if (push !== this.pushed + 1) this.fault(`push ${push} after ${this.pushed}`);
      this.pushed = push;
      return;
    }
    if (echo !== this.echoed + 1) this.fault(`answer ${echo} after ${this.echoed}`);
    this.echoed = echo ?? 0;
    // Both are counted by the app: its state has come along.
    if (count !== echo) this.fault(`message ${echo} was counted as ${count}`);
    const text = JSON.stringify(seen);
    this.#seen ??= text;
    if (text !== this.#seen) this.fault(`the app saw ${text}, and before ${this.#seen}`);
  }

  /** What the app has seen of the connection: parameters, headers, who it is. */
  get seen(): unknown {
    return this.#seen && JSON.parse(this.#seen);
  }
}
