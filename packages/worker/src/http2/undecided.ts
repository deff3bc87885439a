/**
 * Plain connections whose first bytes tell whether they speak HTTP/2, with prior knowledge (RFC 9113, section 3.3). Until
 * then nothing of theirs is in this process: one that has not sent a byte can move to another worker.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { Entry } from '../front/entry.ts';
import { destroyAll, isSilent } from '../transport/before.ts';
import { PREFACE } from './frames.ts';

interface Waiting {
  readonly next: Entry;
  readonly onData: (chunk: Buffer) => void;
  readonly onEnd: () => void;
  readonly timer: NodeJS.Timeout | undefined;
}

export class Undecided {
  readonly #server: http.Server;
  readonly #toHttp2: (socket: Socket) => void;
  readonly #waiting = new Map<Socket, Waiting>();

  constructor(server: http.Server, toHttp2: (socket: Socket) => void) {
    this.#server = server;
    this.#toHttp2 = toHttp2;
  }

  add(socket: Socket, next: Entry): void {
    let begin: Buffer | undefined;
    const onData = (chunk: Buffer) => {
      begin = begin ? Buffer.concat([begin, chunk]) : chunk;
      const length = Math.min(begin.length, PREFACE.length);
      const isPreface = begin.compare(PREFACE, 0, length, 0, length) === 0;
      if (isPreface && length < PREFACE.length) return;
      this.#forget(socket);
      // The one who reads next gets it first: nothing flows without a listener.
      socket.pause();
      socket.unshift(begin);
      if (isPreface) this.#toHttp2(socket);
      else next(socket);
      socket.resume();
    };
    const onEnd = () => {
      this.#forget(socket);
      socket.end();
    };
    const { headersTimeout } = this.#server;
    const timer = headersTimeout > 0 ? setTimeout(() => socket.destroy(), headersTimeout).unref() : undefined;
    this.#waiting.set(socket, { next, onData, onEnd, timer });
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', ignore);
    socket.once('close', () => this.#forget(socket));
  }

  #forget(socket: Socket): void {
    const waiting = this.#waiting.get(socket);
    if (!waiting) return;
    this.#waiting.delete(socket);
    clearTimeout(waiting.timer);
    socket.off('data', waiting.onData);
    socket.off('end', waiting.onEnd);
    socket.off('error', ignore);
  }

  open(): Socket[] {
    return [...this.#waiting.keys()];
  }

  /** @returns how many */
  closeSilent(): number {
    return destroyAll(this.silent());
  }

  silent(): Socket[] {
    return this.open().filter(isSilent);
  }

  destroyAll(): void {
    destroyAll(this.open());
  }
}

const ignore = (): void => {};
