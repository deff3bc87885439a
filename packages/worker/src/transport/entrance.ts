/**
 * How a connection comes to the HTTP parser of the app's server: by Node's own 'connection' listener. An app that adds
 * listeners changes nothing. A wrapper for the PROXY protocol takes that listener away, reads a preamble from the
 * connection, and only then calls it: nothing reads a preamble of a connection that has moved, nor of one within this
 * process, so such connections do not move, and tshorn's own requests go straight to Node's listener.
 *
 * Node documents neither its listener nor `socket.parser`. Where the parser cannot be seen, the listeners alone count.
 */
import http from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

type Listener = (this: http.Server, stream: Duplex) => void;

interface Nodes {
  /** The same function for every server. */
  readonly listener: Listener | undefined;
  /** True when a stream that it has been called with shows its parser at once. */
  readonly showsParser: boolean;
}

const hasParser = (stream: Duplex): boolean => (stream as { parser?: unknown }).parser != null;

let nodes: Nodes | undefined;

function lookAtNode(): Nodes {
  const server = http.createServer();
  const listener = server.listeners('connection')[0] as Listener | undefined;
  const [inside, outside] = duplexPair();
  listener?.call(server, inside);
  const showsParser = hasParser(inside);
  inside.destroy();
  outside.destroy();
  return { listener, showsParser };
}

export class Entrance {
  readonly #server: http.Server;
  readonly #event: 'connection' | 'secureConnection';
  /** The app has replaced the server's `emit`, say. */
  #isDiverted = false;

  /** @param event Node's listener listens to: an https.Server shakes hands on 'connection' */
  constructor(server: http.Server, event: 'connection' | 'secureConnection' = 'connection') {
    this.#server = server;
    this.#event = event;
  }

  /** True when every connection reaches the parser as it comes. */
  get isFree(): boolean {
    nodes ??= lookAtNode();
    const { listener } = nodes;
    const has = listener === undefined || this.#server.listeners(this.#event).includes(listener);
    return has && !this.#isDiverted;
  }

  /**
   * Has the server serve a stream within this process.
   * @returns false when it has not reached the parser; it is destroyed then, and the next one takes the direct way
   */
  enter(stream: Duplex): boolean {
    if (!this.isFree) {
      nodes?.listener?.call(this.#server, stream);
      return true;
    }
    // Who takes it may destroy it with an error of its own.
    stream.on('error', () => {});
    this.#server.emit(this.#event, stream);
    if (!nodes?.showsParser || hasParser(stream)) return true;
    this.#isDiverted = true;
    stream.destroy();
    return false;
  }
}
