/**
 * Reads `/events` and connects again by itself. fetch() and not EventSource: that one cannot send an Authorization header,
 * and cannot tell a wrong token from a server that is away.
 */
import { EventParser } from './event-parser.ts';

export type Link = 'connecting' | 'live' | 'stale' | 'lost' | 'token';

interface Listener {
  event(name: string, data: unknown): void;
  /** @param lastAt when the last event came, in milliseconds since 1970; absent before the first one */
  link(link: Link, lastAt: number | undefined): void;
}

/** A snapshot comes each second. */
const STALE_MS = 3_500;
/** A connection whose other end is gone without a word. */
const DEAD_MS = 12_000;
const FIRST_PAUSE_MS = 300;
const MOST_PAUSE_MS = 5_000;

export class EventStream {
  readonly #url: string;
  readonly #listener: Listener;
  #token: string | undefined;
  #link: Link = 'connecting';
  #lastAt: number | undefined;
  #pause = FIRST_PAUSE_MS;
  #abort: AbortController | undefined;
  #readAt = 0;

  constructor(url: string, token: string | undefined, listener: Listener) {
    this.#url = url;
    this.#token = token;
    this.#listener = listener;
    setInterval(() => this.#look(), 1_000);
  }

  /** Also called with a new token, after the link was `token`. */
  open(token = this.#token): void {
    this.#token = token;
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    let wantsToken = false;
    try {
      this.#readAt = Date.now();
      const headers = this.#token ? { authorization: `Bearer ${this.#token}` } : undefined;
      const response = await fetch(this.#url, {
        ...(headers && { headers }),
        signal: abort.signal,
        cache: 'no-store',
      });
      wantsToken = response.status === 401 || response.status === 403;
      if (response.ok && response.body) await this.#read(response.body);
    } catch {
      // Refused, reset or aborted: all the same to who waits.
    }
    if (this.#abort !== abort) return;
    this.#tell(wantsToken ? 'token' : 'lost');
    if (wantsToken) return;
    setTimeout(() => void (this.#abort === abort && this.#run()), this.#pause);
    this.#pause = Math.min(this.#pause * 2, MOST_PAUSE_MS);
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const parser = new EventParser((name, data) => {
      this.#listener.event(name, JSON.parse(data));
      this.#lastAt = Date.now();
      this.#pause = FIRST_PAUSE_MS;
      this.#tell('live');
    });
    const reader = body.getReader();
    const decoder = new TextDecoder();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      this.#readAt = Date.now();
      parser.read(decoder.decode(part.value, { stream: true }));
    }
  }

  #look(): void {
    const silent = Date.now() - this.#readAt;
    if (this.#link === 'token') return;
    if (silent > DEAD_MS) this.open();
    else if (this.#link === 'live' && silent > STALE_MS) this.#tell('stale');
    else if (this.#link === 'stale' || this.#link === 'lost') this.#tell(this.#link);
  }

  #tell(link: Link): void {
    this.#link = link;
    this.#listener.link(link, this.#lastAt);
  }
}
