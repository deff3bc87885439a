/**
 * `--notify udp://HOST:PORT`: one plain line for each worker that is admitted (`200 OK`) or broken, for a deploy script
 * that waits with `nc -u -l`. UDP: it is no error if none listens.
 */
import dgram from 'node:dgram';
import net from 'node:net';
import type { Config } from '@tshorn/config';
import type { Notice } from './decide/notice.ts';

export class Notify {
  readonly #socket: dgram.Socket;
  readonly #host: string;
  readonly #port: number;

  constructor({ host, port }: NonNullable<Config['notify']>) {
    this.#host = host;
    this.#port = port;
    this.#socket = dgram.createSocket(net.isIPv6(this.#host) ? 'udp6' : 'udp4');
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  /** Announces any 2xx as `200 OK`, the line that the classic script looks for. */
  announce(notice: Notice): void {
    if (notice.event === 'ready') this.#send('200 OK\n');
    if (notice.event === 'broken') this.#send(`503 BROKEN ${notice.text?.split('\n')[0]}\n`);
  }

  #send(line: string): void {
    this.#socket.send(line, this.#port, this.#host, () => {});
  }

  close(): void {
    this.#socket.close();
  }
}
