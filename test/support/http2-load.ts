import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Http2Client, request } from './http2-client.ts';

/** Milliseconds between two requests, at most: clients that take all of a machine leave no time for new workers to start. */
const REST_MS = 100;

/** Asks all the time, some requests at once, on one connection after the other. It begins nothing that it has been told not to begin. */
export class Http2Load {
  asked = 0;
  answered = 0;
  connections = 0;
  readonly failures: string[] = [];
  #stopped = false;
  readonly #connect: () => Promise<Http2Client>;
  readonly #running: Promise<void>[];

  constructor(clients: number, connect: () => Promise<Http2Client>) {
    this.#connect = connect;
    this.#running = Array.from({ length: clients }, (_, at) => this.#run(1 + (at % 5)));
  }

  async #run(atOnce: number): Promise<void> {
    while (!this.#stopped) {
      const client = await this.#connect().catch((error: Error) => void this.failures.push(error.message));
      // The server is gone: the test has failed.
      if (!client) return;
      this.connections++;
      const lane = async (number: number) => {
        while (!this.#stopped && !client.isLeaving) {
          this.asked++;
          const path = ['/', '/slow', '/echo'][(this.asked + number) % 3] as string;
          const isPost = path === '/echo';
          const sent = client.ask(
            request(path, isPost ? { ':method': 'POST' } : {}),
            isPost ? 'body' : undefined,
          );
          try {
            const { status, body } = await sent;
            if (status !== 200 || !['hello', 'slow', 'body'].includes(body))
              this.failures.push(`${status} ${body}`);
            this.answered++;
          } catch (error) {
            this.failures.push(`${(error as Error).message}; ${client.story.slice(-300)}`);
          }
          await sleep(Math.random() * REST_MS);
          // Timers come before reads: a process that stood still reads first whether the server leaves.
          await nextTurn();
        }
      };
      await Promise.all(Array.from({ length: atOnce }, (_, number) => lane(number)));
      client.socket.end();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }
}
