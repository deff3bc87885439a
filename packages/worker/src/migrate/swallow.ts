/** Swallows the app's answer to a request that is read again: the client has had it from another worker. */
import type { Socket } from 'node:net';

const HEAD_ENDS = '\r\n\r\n';

/** Keeps the head of a response from the client: all bytes that the app writes on the socket until the head is complete. */
export class Swallow {
  readonly #socket: Socket;
  #done: ((answer: string) => void) | undefined;
  #text = '';

  constructor(socket: Socket, done: (answer: string) => void) {
    this.#socket = socket;
    this.#done = done;
    socket.write = ((chunk: unknown, encoding?: unknown, callback?: unknown) =>
      this.#take(chunk, encoding, callback)) as typeof socket.write;
    socket.end = ((chunk?: unknown, encoding?: unknown, callback?: unknown) => {
      if (typeof chunk !== 'function' && chunk != null) this.#take(chunk, encoding, callback);
      this.end(this.#text || 'HTTP/1.1 ended');
      return socket;
    }) as typeof socket.end;
    socket.destroy = (() => {
      this.end(this.#text || 'HTTP/1.1 destroyed');
      return socket;
    }) as typeof socket.destroy;
  }

  #take(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    const settled = [callback, encoding].find((value) => typeof value === 'function') as
      | (() => void)
      | undefined;
    const { text, rest } = this.#add(chunk, encoding);
    if (text !== undefined) this.end(text);
    if (rest.length > 0) return this.#socket.write(rest, settled);
    if (settled) process.nextTick(settled);
    return true;
  }

  #add(chunk: unknown, encoding: unknown): { text?: string; rest: Buffer } {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : Buffer.from(chunk as Uint8Array);
    this.#text += bytes.toString('latin1');
    const end = this.#text.indexOf(HEAD_ENDS);
    if (end < 0) return { rest: Buffer.alloc(0) };
    const rest = Buffer.from(this.#text.slice(end + HEAD_ENDS.length), 'latin1');
    return { text: this.#text.slice(0, end + HEAD_ENDS.length), rest };
  }

  /** From here on, written bytes go to the client. */
  end(answer: string): void {
    const done = this.#done;
    this.#done = undefined;
    if (!done) return;
    const socket = this.#socket as Partial<Pick<Socket, 'write' | 'end' | 'destroy'>>;
    delete socket.write;
    delete socket.end;
    delete socket.destroy;
    done(answer);
  }
}
