/** A client of an event stream. It never reconnects, and checks that each number comes once. */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import zlib from 'node:zlib';

/** Decodes like browsers and Node's fetch: it delivers what is there, even if the end is missing. */
const FLUSH = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

export class EventStream {
  readonly failures: string[] = [];
  /** Number of the last event. */
  last = 0;
  /** Pid of the worker that sent it. */
  pid = 0;
  generation = 0;
  /** How the stream ended; undefined while it is open. */
  ended: 'end' | 'broken' | undefined;
  readonly #request: http.ClientRequest;
  #text = '';

  static open(port: number, path = '/events', agent: http.Agent | false = false): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      const get = agent instanceof https.Agent ? https.get : http.get;
      const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
        resolve(new EventStream(request, response));
      });
      request.once('error', reject);
    });
  }

  private constructor(request: http.ClientRequest, response: http.IncomingMessage) {
    this.#request = request;
    const isCoded = response.headers['content-encoding'] === 'gzip';
    const body = isCoded ? response.pipe(zlib.createGunzip(FLUSH)) : response;
    body.setEncoding('utf8').on('data', (text) => this.#read(text));
    body.once('end', () => {
      this.ended ??= 'end';
    });
    for (const part of [response, body]) {
      part.once('error', () => {
        this.ended ??= 'broken';
      });
    }
    request.on('error', () => {});
  }

  get socket(): Socket {
    return this.#request.socket as Socket;
  }

  #read(text: string): void {
    const events = (this.#text + text).split('\n\n');
    this.#text = events.pop() ?? '';
    for (const event of events) this.#check(event);
  }

  #check(event: string): void {
    const [, id, pid, generation, filling] = /^id: (\d+)\ndata: (\d+) (\d+)\ndata: (x*)$/.exec(event) ?? [];
    const wanted = this.last + 1;
    if (Number(id) !== wanted) this.failures.push(`event ${id} after ${this.last}: ${event.slice(0, 60)}`);
    if (filling?.length !== (Number(id) * 37) % 5_000) this.failures.push(`event ${id} is not whole`);
    this.last = Number(id);
    this.pid = Number(pid);
    this.generation = Number(generation);
  }

  leave(): void {
    this.#request.destroy();
  }
}
