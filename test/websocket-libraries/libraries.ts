/** The libraries that the promises are run against, each with its own unmodified client. */
import { createClient } from 'graphql-ws';
import { io, type Socket } from 'socket.io-client';
import WebSocket from 'ws';
import { LibraryClient, type Told } from './client.ts';

export interface Library {
  readonly name: string;
  /** In test/fixtures/websocket-libraries. */
  readonly app: string;
  readonly workers: number;
  connect(port: number, index: number): Promise<LibraryClient>;
  /** The app's view of the client, which must not change. */
  expected(index: number): unknown;
}

class WsClient extends LibraryClient {
  readonly #ws: WebSocket;

  constructor(ws: WebSocket) {
    super();
    this.#ws = ws;
    ws.on('message', (text) => this.hear(JSON.parse(String(text))));
    ws.on('close', (code, reason) => this.fault(`closed: ${code} ${reason}`));
    ws.on('error', (error) => this.fault(String(error)));
  }

  static connect(port: number, index: number): Promise<WsClient> {
    const headers = { authorization: `user ${index}`, cookie: `theme=dark; id=${index}` };
    const ws = new WebSocket(`ws://127.0.0.1:${port}/rooms/room-${index}?color=blue`, { headers });
    const client = new WsClient(ws);
    return new Promise((resolve, reject) => ws.once('open', () => resolve(client)).once('error', reject));
  }

  protected override send(n: number): void {
    this.#ws.send(String(n));
  }

  override end(): void {
    this.#ws.close();
  }
}

const seenByRoutes = (index: number) => ({
  params: { room: `room-${index}` },
  query: { color: 'blue' },
  user: `user ${index}`,
  cookie: `theme=dark; id=${index}`,
});

export class GraphqlClient extends LibraryClient {
  readonly client: ReturnType<typeof createClient>;
  #previous: Promise<unknown> = Promise.resolve();

  constructor(port: number, index: number) {
    super();
    this.client = createClient({
      url: `ws://127.0.0.1:${port}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token: String(index) },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
      on: {
        closed: (event) => this.fault(`closed: ${(event as { code: number }).code}`),
        error: (error) => this.fault(String(error)),
      },
    });
    this.#count({ name: 'ticks', query: 'subscription { ticks(step: 1) { n user pid } }' }, (n) => n);
    // Begun with a variable, under another id.
    const query = 'subscription Down($from: Int!) { countdown(from: $from) { n user pid } }';
    const from = 1_000_000;
    this.#count({ name: 'countdown', query, variables: { from } }, (n) => from + 1 - n);
  }

  static async connect(port: number, index: number): Promise<GraphqlClient> {
    const client = new GraphqlClient(port, index);
    await new Promise((resolve) => client.client.on('connected', resolve));
    return client;
  }

  /** Every result of a subscription has to be the next one; those of the first are the pushes. */
  #count(
    { name, ...payload }: { name: string; query: string; variables?: Record<string, unknown> },
    place: (n: number) => number,
  ): void {
    let last = 0;
    this.client.subscribe<Record<string, { n: number; user: string; pid: number }>>(payload, {
      next: ({ data, errors }) => {
        const tick = data?.[name];
        if (!tick) return this.fault(`${name}: ${JSON.stringify(errors)}`);
        const at = place(tick.n);
        if (at !== ++last) this.fault(`${name}: ${at} in place of ${last}`);
        if (name === 'ticks') this.hear({ push: at, pid: tick.pid });
      },
      error: (error) => this.fault(`${name}: ${JSON.stringify(error)}`),
      complete: () => this.fault(`${name} is complete`),
    });
  }

  say(n: number, more = ''): Promise<Told> {
    return new Promise((resolve, reject) => {
      let told: Told | undefined;
      this.client.subscribe<{ say: Told & { user: string } }>(
        { query: `mutation { say(n: ${n} ${more}) { echo count user pid } }` },
        {
          next({ data }) {
            const { user, ...rest } = data?.say ?? { user: '', pid: 0 };
            told = { ...rest, seen: { user } };
          },
          error: reject,
          complete: () => (told ? resolve(told) : reject(new Error('no answer'))),
        },
      );
    });
  }

  /** Operations of one client run side by side in GraphQL: for an order, each waits for the one before. */
  protected override send(n: number): void {
    this.#previous = this.#previous
      .then(() => this.say(n))
      .then((told) => this.hear(told))
      .catch((error) => this.fault(`say: ${JSON.stringify(error)}`));
  }

  override end(): void {
    void this.client.dispose();
  }
}

export class SocketIoClient extends LibraryClient {
  readonly socket: Socket;

  constructor(port: number, index: number, namespace: string, transports?: string[]) {
    super();
    this.socket = io(`http://127.0.0.1:${port}${namespace}`, {
      forceNew: true,
      auth: { token: String(index) },
      query: { color: 'blue' },
      extraHeaders: { 'x-custom': `client ${index}` },
      ...(transports && { transports }),
    });
    this.socket.on('told', (told: Told) => this.hear(told));
    this.socket.on('disconnect', (reason) => this.fault(`disconnected: ${reason}`));
    this.socket.on('connect_error', (error) => this.fault(String(error)));
    this.socket.io.on('reconnect_attempt', () => this.fault('it reconnects'));
  }

  static async connect(
    port: number,
    index: number,
    namespace: string,
    transports?: string[],
  ): Promise<SocketIoClient> {
    const client = new SocketIoClient(port, index, namespace, transports);
    // The app says something as soon as it listens.
    await new Promise<void>((resolve, reject) => {
      client.socket.once('told', () => resolve()).once('connect_error', reject);
    });
    const { engine } = client.socket.io;
    if (engine.transport.name !== 'websocket')
      await new Promise((resolve) => engine.once('upgrade', resolve));
    return client;
  }

  protected override send(n: number): void {
    if (n % 3 > 0) this.socket.emit('say', n);
    else this.socket.emit('ask', n, (told: Told) => this.hear(told));
  }

  override end(): void {
    this.socket.disconnect();
  }
}

export const LIBRARIES: readonly Library[] = [
  {
    name: '@fastify/websocket',
    app: 'fastify-websocket.mjs',
    workers: 2,
    connect: WsClient.connect,
    expected: seenByRoutes,
  },
  {
    name: 'express-ws',
    app: 'express-ws.mjs',
    workers: 2,
    connect: WsClient.connect,
    expected: seenByRoutes,
  },
  {
    name: 'graphql-ws',
    app: 'graphql-ws.mjs',
    workers: 2,
    connect: GraphqlClient.connect,
    expected: (index) => ({ user: `user of ${index}` }),
  },
  socketIo('websocket', '/', 2, ['websocket']),
  socketIo('websocket, in a namespace', '/news', 2, ['websocket']),
  // A client that polls has to come back to the same worker, as ever: there is one.
  socketIo('polling, then websocket', '/', 1),
];

function socketIo(how: string, namespace: string, workers: number, transports?: string[]): Library {
  return {
    name: `socket.io (${how})`,
    app: 'socket.io.mjs',
    workers,
    connect: (port, index) => SocketIoClient.connect(port, index, namespace, transports),
    expected: (index) => ({
      id: expect.any(String),
      sid: expect.any(String),
      rooms: expect.arrayContaining([`room of ${index}`]),
      user: `user of ${index}`,
      color: 'blue',
      custom: `client ${index}`,
      auth: { token: String(index) },
      issued: expect.any(Number),
      where: namespace,
    }),
  };
}
