/** Compiled, never run: the libraries' own types fit `survive`, and what cannot work does not compile. */
import type { Server as HttpServer, ServerResponse } from 'node:http';
import { survive as surviveGraphql } from '@tshorn/graphql-ws';
import { moved as movedSocket, survive as surviveSocketIo } from '@tshorn/socket.io';
import { moved, surviveStream } from '@tshorn/worker';
import { survive } from '@tshorn/worker/ws';
import type { FastifyInstance } from 'fastify';
import { buildSchema } from 'graphql';
import type { Context, ServerOptions } from 'graphql-ws';
import { useServer, type Extra as WsExtra } from 'graphql-ws/use/ws';
import { Server } from 'socket.io';
import { WebSocket, WebSocketServer } from 'ws';
import '@fastify/websocket';

export function fastifyApp(app: FastifyInstance): void {
  survive(app.websocketServer, {
    save: (ws) => ({ open: ws.readyState === ws.OPEN }),
    restore: (ws, { open }) => ws.send(String(open)),
  });
}

interface Extra extends Record<PropertyKey, unknown> {
  session: { count: number };
}

export function graphqlApp(wss: WebSocketServer): void {
  const options = surviveGraphql(
    wss,
    {
      schema: buildSchema('type Query { a: Int }'),
      onConnect: ({ extra }: { extra: Partial<Extra> }) => {
        extra.session ??= { count: 0 };
      },
    },
    {
      position: ({ data }, _context, id) => [id, data],
      save: ({ extra }) => extra.session,
      restore: ({ extra }, session) => {
        if (session) extra.session = session;
      },
    },
  );
  useServer<Record<string, unknown>, Extra>(options, wss);
  const other = new WebSocketServer({ noServer: true });
  useServer(surviveGraphql(other, { onConnect: ({ connectionParams }) => Boolean(connectionParams) }), other);
}

/** As docs/websocket-libraries.md has it. */
export function documentedGraphqlApp(wss: WebSocketServer): void {
  const schema = buildSchema('type Query { a: Int }');
  useServer(
    surviveGraphql(
      wss,
      {
        schema,
        context: (ctx, id) => ({ after: ctx.extra.positions?.[id] }),
      },
      {
        position: (result) => result.data.ticks.n,
      },
    ),
    wss,
  );
}

/** With the library's own types named. */
export function annotatedGraphqlApp(wss: WebSocketServer, options: ServerOptions<undefined, WsExtra>): void {
  useServer(surviveGraphql(wss, options, { save: ({ extra }) => extra.request.url }), wss);
  type Own = Context<Record<string, unknown> | undefined, WsExtra & Partial<Extra>>;
  const more = {
    onConnect: ({ extra }: Own) => Boolean(extra.request.url),
    onNext: async ({ extra }: Own, id: string) => void (extra.session && id),
    context: async ({ extra }: Own, id: string) => ({ id, url: extra.request.url }),
  };
  const result = surviveGraphql(wss, more, { save: ({ extra }) => extra.session?.count });
  useServer<Record<string, unknown>, Extra>(result, wss);
}

export function socketIoApp(): void {
  const io = new Server<{ say: (n: number) => void }, { told: (n: number) => void }>(3000);
  surviveSocketIo(io, { maxState: 1_000 });
  io.on('connection', (socket) => {
    socket.on('disconnect', () => movedSocket(socket));
  });
}

/** As docs/websockets.md has it. */
export function documentedApp(server: HttpServer): void {
  class Client extends WebSocket {
    count = 0;
  }
  const wss = new WebSocketServer({ server, WebSocket: Client });
  survive(wss, {
    save: (ws) => ({ count: ws.count }),
    restore(ws, state) {
      Object.assign(ws, state);
    },
  });
  wss.on('connection', (ws, request) => {
    ws.count = 0;
    if (!request.handoff) ws.send('welcome');
    ws.on('message', (text) => ws.send(`${++ws.count} ${text}`));
  });
}

export function socketApp(wss: WebSocketServer): void {
  survive(wss, {
    save: () => ({ name: 'x' }),
    restore: async (ws, { name }) => ws.send(name),
  });
  // @ts-expect-error the state, not a promise of it
  survive(wss, { save: async () => ({ name: 'x' }) });
  // @ts-expect-error it takes what save returns
  survive(wss, { save: () => ({ name: 'x' }), restore: (ws, { other }) => ws.send(other) });
}

interface Position {
  n: number;
  due?: number;
}

export function streamApp(response: ServerResponse): void {
  const ticks = surviveStream('ticks', (stream, { n }: { n: number }) => {
    const timer = setInterval(() => stream.write(`data: ${++n}\n\n`), 1000);
    stream.once('close', () => moved(stream) || clearInterval(timer));
    return () => ({ n });
  });
  ticks(response, { n: Number(response.req.headers['last-event-id'] ?? 0) });
  // @ts-expect-error it needs a state to begin with
  ticks(response);
  // @ts-expect-error another state
  ticks(response, { n: '0' });

  // The first state may be less than a later one.
  const positions = surviveStream('positions', (_stream, { n, due = 0 }: Position, request) => {
    request.url?.slice(n);
    return () => ({ n, due: due + 1 });
  });
  positions(response, { n: 0 });
  surviveStream<Position>('explicit', (_stream, { n }) => () => ({ n }))(response, { n: 0 });

  const stateless = surviveStream('stateless', (stream) => void stream.write('hello'));
  stateless(response);
  const optional = surviveStream('optional', (_stream, state?: Position) => () => state);
  optional(response);

  // @ts-expect-error what it begins with has to be told again
  surviveStream('forgets', (stream, { n }: { n: number }) => void stream.write(String(n)));
  // @ts-expect-error another state than it takes
  surviveStream('other', (_stream, { n }: { n: number }) => () => ({ m: n }));
  // @ts-expect-error a promise of a function is no function
  surviveStream('async', async (_stream, { n }: { n: number }) => () => ({ n }));
  // @ts-expect-error nor of nothing
  surviveStream('async-stateless', async (stream) => void stream.write('hello'));
  // @ts-expect-error the state, not a promise of it
  surviveStream('async-save', (_stream, { n }: { n: number }) => async () => ({ n }));
}
