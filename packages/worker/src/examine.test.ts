import http from 'node:http';
import { examine } from './examine.ts';
import { Http1 } from './transport/http1.ts';

const settings = { statusPath: '/_status', statusHeader: [] };
const of = (handler: http.RequestListener, change: (server: http.Server) => void = () => {}) => {
  const server = http.createServer(handler);
  change(server);
  return examine(new Http1(server), settings);
};

it('a path of its own is told from an app that answers anything', async () => {
  const any = await of((_request, response) => response.end('hello'));
  expect(any.statusIsAnyPath).toBe(true);
  // An error page that names the path, as Express has it.
  const echoes = await of((request, response) => response.end(`Cannot GET ${request.url}`));
  expect(echoes.statusIsAnyPath).toBe(true);
  const own = await of((request, response) => response.end(request.url === '/_status' ? 'ok' : '<html>'));
  expect(own.statusIsAnyPath).toBe(false);
});

it('reports which answers close the connection', async () => {
  const closing = await of((_request, response) => response.setHeader('Connection', 'close').end());
  expect(closing.answers.map(({ closes }) => closes)).toEqual([true, true, true]);
  const keeping = await of((_request, response) => response.end());
  expect(keeping.answers.map(({ closes }) => closes)).toEqual([false, false, false]);
});

it('reports the timeouts of the server, without limits as 0', async () => {
  const examination = await of(
    (_request, response) => response.end(),
    (server) =>
      Object.assign(server, { keepAliveTimeout: 7_000, requestTimeout: 0, maxRequestsPerSocket: 9 }),
  );
  expect(examination).toMatchObject({ keepAliveTimeout: 7_000, requestTimeout: 0, maxRequestsPerSocket: 9 });
});

it('an app that does not answer in time is not waited for', async () => {
  expect((await of(() => {})).answers).toEqual([]);
});

it('a server without a listener for requests is not asked', async () => {
  expect((await examine(new Http1(http.createServer()), settings)).answers).toEqual([]);
});
