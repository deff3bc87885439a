/**
 * The first step of every connection with `--proxy-protocol`: one of a trusted proxy begins with a header, which tells the
 * addresses of the client. Without a whole and valid one it is closed: to guess whether there is one would let any client
 * of the proxy tell its own address (section 2 of the specification). From anybody else no header is read: what looks
 * like one is a bad request there, or a bad handshake.
 */
import type { Socket } from 'node:net';
import type tls from 'node:tls';
import { type Proxies, peerOf } from '../access-log/client.ts';
import type { Entry } from '../front/entry.ts';
import { rawOf } from '../tls/raw-of.ts';
import { destroyAll, type Kind, kindBefore, markBefore, unmarkBefore } from '../transport/before.ts';
import type { Beside, DrainingConnections } from '../transport/transport.ts';
import { awaitHeader } from './await-header.ts';
import { endpointsOf, setEndpoints } from './endpoints.ts';
import type { Version } from './header.ts';

export interface ProxySettings {
  readonly accepted: Version;
  readonly proxies: Pick<Proxies, 'trusts'>;
  /** Tells of a proxy whose connection was closed. */
  readonly warn: (text: string) => void;
}

/** A proxy that is set up wrongly fails with each of its connections: one line in so many milliseconds is enough. */
const WARN_EVERY_MS = 10_000;

export class ProxyStep implements Beside {
  readonly #settings: ProxySettings;
  readonly #waiting = new Set<Socket>();
  #closed = 0;
  #lastWarned = Number.NEGATIVE_INFINITY;

  constructor(settings: ProxySettings) {
    this.#settings = settings;
  }

  /** @param kind of the listener that the connection has come by; undefined where it cannot move from there */
  take(socket: Socket, kind: Kind | undefined, next: Entry): void {
    const proxy = peerOf(socket);
    if (!this.#settings.proxies.trusts(proxy)) return next(socket);
    const over = (length = 0) => {
      this.#waiting.delete(socket);
      unmarkBefore(socket, length);
    };
    this.#waiting.add(socket);
    if (kind) markBefore(socket, kind);
    awaitHeader(socket, this.#settings.accepted, {
      came: ({ endpoints, length }) => {
        over(length);
        if (endpoints) setEndpoints(socket, endpoints);
        next(socket);
      },
      failed: (reason) => {
        over();
        if (reason !== undefined) this.#warn(proxy, reason);
      },
    });
  }

  /** A handshake is done. */
  shaken(socket: tls.TLSSocket): void {
    passOn(socket);
  }

  open(): Socket[] {
    return [...this.#waiting];
  }

  /** Those that have not sent a byte: another worker can wait for their header as well. */
  idle(): Socket[] {
    return this.open().filter((socket) => socket.bytesRead === 0 && kindBefore(socket) !== undefined);
  }

  openResponses(): [] {
    return [];
  }

  /** A header of which a part has come is waited for: its deadline is sooner than any of a drain. */
  drain(): DrainingConnections {
    const start = performance.now();
    let isClosing = false;
    return {
      beginClosing() {
        isClosing = true;
      },
      closeIdle: (lingerMs, now) => (isClosing && now - start >= lingerMs ? destroyAll(this.idle()) : 0),
      forceClose: () => void destroyAll(this.open()),
      release() {},
    };
  }

  #warn(proxy: string, reason: string): void {
    this.#closed++;
    const now = performance.now();
    if (now - this.#lastWarned < WARN_EVERY_MS) return;
    this.#lastWarned = now;
    const more = this.#closed > 1 ? ` (${this.#closed} since the last such line)` : '';
    this.#settings.warn(
      `closed a connection of the trusted proxy ${proxy}: it has to begin with a PROXY header, and ${reason}${more}; set the proxy to send one, or take it out of --trusted-proxies`,
    );
    this.#closed = 0;
  }
}

/** The TLS connection has the addresses of the one below it. */
export function passOn(socket: tls.TLSSocket): void {
  const raw = rawOf(socket);
  const endpoints = raw && endpointsOf(raw);
  if (endpoints) setEndpoints(socket, endpoints);
}
