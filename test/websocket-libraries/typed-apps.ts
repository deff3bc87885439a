/** Compiled, never run: the libraries' own types fit `survive`. */
import { survive as surviveGraphql } from '@tshorn/worker/graphql-ws';
import { moved as movedSocket, survive as surviveSocketIo } from '@tshorn/worker/socket.io';
import { survive } from '@tshorn/worker/ws';
import type { FastifyInstance } from 'fastify';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
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

export function socketIoApp(): void {
  const io = new Server<{ say: (n: number) => void }, { told: (n: number) => void }>(3000);
  surviveSocketIo(io, { maxState: 1_000 });
  io.on('connection', (socket) => {
    socket.on('disconnect', () => movedSocket(socket));
  });
}
