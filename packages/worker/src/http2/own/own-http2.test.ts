import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { authority } from '../../../../../test/support/certificates.ts';
import type { Exchange } from '../../transport/transport.ts';
import { OwnHttp2 } from './own-http2.ts';

test('requests of HTTP/1 are told as streams are, where the server allows them', async () => {
  const { cert, key } = authority().issue({ names: ['localhost'] });
  const server = http2.createSecureServer({ cert, key, allowHTTP1: true });
  const transport = new OwnHttp2(server as never);
  const told: string[] = [];
  const tell =
    (what: string) =>
    ({ request }: Exchange) =>
      void told.push(`${what} ${request.url} ${request.httpVersion}`);
  const ends = [transport.onBegun(tell('begun')), transport.onFinished(tell('finished'))];
  let open: (string | undefined)[] = [];
  server.on('request', (_request, response) => {
    open = transport.openResponses().map(({ req }) => req.url);
    response.end('fine');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const get = async (path: string) => {
    const asked = https.get({ port, host: '127.0.0.1', path, agent: false, rejectUnauthorized: false });
    const [response] = await once(asked, 'response');
    expect(await text(response)).toBe('fine');
  };
  await get('/one');
  expect(told).toEqual(['begun /one 1.1', 'finished /one 1.1']);
  expect(open).toEqual(['/one']);

  const client = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const stream = client.request({ ':path': '/two' });
  expect(await text(stream)).toBe('fine');
  client.destroy();
  expect(told[2]).toBe('begun /two 2.0');
  for (const end of ends) end();
  await get('/three');
  expect(told.filter((line) => line.includes('three'))).toEqual([]);
  server.close();
});
