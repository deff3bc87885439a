import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { authority } from '../../../../../test/support/certificates.ts';
import { peerOf } from '../../access-log/client.ts';
import { OwnSessions } from './own-sessions.ts';
import { StreamView } from './stream-view.ts';

const { cert, key } = authority().issue({ names: ['localhost'] });
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test('the app sees the connection and its TLS through a session that is carried, in both APIs', async () => {
  const server = http2.createSecureServer({ cert, key });
  const sessions = new OwnSessions(server);
  server.on('request', (request, response) => {
    const { socket } = request;
    const { session } = request.stream;
    const below = sessions.below(session) as Socket;
    const view = new StreamView(request.stream, request.headers, server as never, below);
    response.end(
      JSON.stringify({
        address: [socket.remoteAddress, session?.socket.remoteAddress, below.remoteAddress],
        port: [socket.remotePort, session?.socket.localPort],
        tls: [Reflect.get(socket, 'encrypted'), session?.encrypted, session?.alpnProtocol],
        servername: [Reflect.get(socket, 'servername'), session?.originSet],
        protocol: Reflect.get(session?.socket ?? {}, 'getProtocol')(),
        peer: peerOf(view.socket as never),
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = http2.connect(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    servername: 'localhost',
  });
  ends.push(
    () => client.destroy(),
    () => server.close(),
  );
  await once(client, 'connect');
  const { localPort } = client.socket;
  const stream = client.request({ ':path': '/' });
  expect(JSON.parse(String(Buffer.concat(await stream.toArray())))).toEqual({
    address: ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    port: [localPort, port],
    tls: [true, true, 'h2'],
    servername: ['localhost', [`https://localhost:${localPort}`]],
    protocol: 'TLSv1.3',
    peer: '127.0.0.1',
  });
});

test('a connection whose address nobody knows is no client of a unix socket', () => {
  expect(peerOf(new Duplex() as never)).toBe('unknown');
  const stream = new Duplex();
  const view = new StreamView(stream as never, {}, {} as never, undefined);
  expect(peerOf(view.socket as never)).toBe('unknown');
});
