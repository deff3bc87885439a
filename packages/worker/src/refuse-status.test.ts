import type http from 'node:http';
import { refuseStatus } from './refuse-status.ts';
import type { Transport } from './transport/transport.ts';

type Handler = Parameters<Transport['intercept']>[0];

/** True when a request from the network is refused while this is the status path. */
function refuses(statusPath: string, url: string): boolean {
  let handler: Handler = () => false;
  const intercept = (given: Handler) => {
    handler = given;
    return () => {};
  };
  refuseStatus({ intercept }, statusPath);
  const response = { writeHead: () => response, end: () => response };
  return handler({ url, socket: {} } as http.IncomingMessage, response as unknown as http.ServerResponse);
}

test.each([
  ['/_status', '/_status', true],
  ['/_status', '/_status?t=1', true],
  ['/_status', '/', false],
  ['/?query=%7Ba%7D', '/?query=%7Ba%7D', true],
  ['/?query=%7Ba%7D', '/?query=%7Ba%7D&t=1', true],
  ['/?query=%7Ba%7D', '/?query=%7Bb%7D', false],
  ['/?query=%7Ba%7D', '/', false],
  ['', '/', false],
])('status path %j: a request for %j is refused: %j', (statusPath, url, refused) =>
  expect(refuses(statusPath, url)).toBe(refused),
);
