import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { isSettled, settle } from './settle.ts';

/** The answer to a request whose handler has come this far. */
async function answerAfter(handle: (response: http.ServerResponse) => void): Promise<string> {
  const server = http.createServer((_request, response) => {
    handle(response);
    outcomes.push(settle({ kind: 'request', response }, 500).cost, isSettled(response));
  });
  const outcomes: unknown[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  let text = '';
  client
    .on('error', () => {})
    .on('data', (chunk) => {
      text += chunk;
    });
  await once(client, 'close');
  await new Promise((resolve) => server.close(resolve));
  return `${outcomes.join(' ')} ${text}`;
}

test('a head that is not sent: 500, without what the app has set', async () => {
  const answer = await answerAfter((response) => {
    response.setHeader('content-length', 5);
    response.setHeader('set-cookie', 'a=b');
    response.statusMessage = 'Fine';
  });
  expect(answer).toMatch(
    /^answered true HTTP\/1.1 500 Internal Server Error\r\n[\s\S]*\r\n\r\nInternal Server Error\n$/,
  );
  expect(answer).not.toMatch(/cookie|Fine/);
});

test('a status message that Node rejects may be what has thrown', async () => {
  const answer = await answerAfter((response) => {
    response.statusMessage = 'na\u2603ve';
  });
  expect(answer).toContain('answered true HTTP/1.1 500 Internal Server Error\r\n');
});

test('a head that is sent: the connection closes, with nothing that looks like an end', async () => {
  expect(await answerAfter((response) => void response.write('half'))).not.toContain('0\r\n\r\n');
});

test('a response that cannot be settled is unknown: it is cut off at the end of the grace', () => {
  const response = {} as http.ServerResponse;
  expect(settle({ kind: 'request', response }, 500)).toEqual({ cost: 'unknown' });
});
