/**
 * `--notify udp://HOST:PORT`: one plain line for each worker that comes into service (`200 OK`) or turns
 * out to be broken, for a deploy script that waits with `nc -u -l`. UDP: nobody listening is no error.
 */
import dgram from 'node:dgram';
import net from 'node:net';
import type { UdpTarget } from '@tshorn/config';
import type { Notice } from './decide/notice.ts';

export class Notify {
  readonly #socket: dgram.Socket;
  readonly #host: string;
  readonly #port: number;

  constructor({ host, port }: UdpTarget) {
    this.#host = host;
    this.#port = port;
    this.#socket = dgram.createSocket(net.isIPv6(this.#host) ? 'udp6' : 'udp4');
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  /** Any 2xx is announced as `200 OK`: that is the line that the classic script looks for. */
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
