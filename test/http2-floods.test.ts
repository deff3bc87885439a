import { fields, frame, Http2Client, numbers, request, settings } from './support/http2-client.ts';
import { brief, thorough } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

/** ENHANCE_YOUR_CALM (RFC 9113, section 7). */
const CALM = 11;

let server: TestServer;
beforeAll(async () => {
  server = await startServer(fixture('http2-app.mjs'), { args: ['--http2'] });
});
afterAll(() => endServers());

const block = fields(request('/'));

/** Each writes for as long as the server takes it. */
const FLOODS: Record<string, (client: Http2Client, round: number) => Buffer> = {
  'rapid reset (CVE-2023-44487)': (_client, round) => {
    const id = 2 * round + 1;
    return Buffer.concat([frame('headers', 5, id, block), frame('reset', 0, id, numbers(8))]);
  },
  'CONTINUATION without end (CVE-2024-27316)': (_client, round) =>
    round === 0
      ? frame('headers', 1, 1, block)
      : frame('continuation', 0, 1, fields({ [`x-${round}`]: 'y' })),
  'empty CONTINUATION': (_client, round) =>
    round === 0 ? frame('headers', 1, 1, block) : frame('continuation', 0, 1),
  'SETTINGS (CVE-2019-9515)': () => frame('settings', 0, 0, settings([3, 100])),
  'PING (CVE-2019-9512)': () => frame('ping', 0, 0, Buffer.alloc(8)),
  'empty DATA (CVE-2019-9518)': (_client, round) =>
    round === 0
      ? frame('headers', 4, 1, fields(request('/stuck', { ':method': 'POST' })))
      : frame('data', 0, 1),
  'PRIORITY (CVE-2019-9513)': (_client, round) =>
    frame('priority', 0, 2 * round + 1, Buffer.concat([numbers(0), Buffer.from([1])])),
  'window updates of one byte': () => frame('windowUpdate', 0, 0, numbers(1)),
  'frames of no known type': () => frame(0x42, 0, 0, 'x'),
};

const run = async (flood: (client: Http2Client, round: number) => Buffer): Promise<number> => {
  const client = await Http2Client.connect(server.port);
  const end = client.goaway();
  const written: Buffer[] = [];
  for (let round = 0; round < 20_000; round++) written.push(flood(client, round));
  for (let at = 0; at < written.length; at += 500) client.write(Buffer.concat(written.slice(at, at + 500)));
  const code = await end;
  await client.closed;
  return code;
};

const SHORT = [
  'rapid reset (CVE-2023-44487)',
  'CONTINUATION without end (CVE-2024-27316)',
  'PING (CVE-2019-9512)',
];

for (const [name, flood] of Object.entries(FLOODS)) {
  (SHORT.includes(name) ? test : thorough)(`${name} ends its connection, and no other`, async () => {
    const other = await Http2Client.connect(server.port);
    expect(await run(flood)).toBe(CALM);
    expect(await other.ask(request('/'))).toMatchObject({ status: 200 });
    other.socket.destroy();
  });
}

brief('a list of fields that grows out of a few bytes is not made, and answered with 431', async () => {
  const client = await Http2Client.connect(server.port);
  const name = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'b')]);
  client.write(frame('headers', 5, 1, Buffer.concat([block, name, Buffer.alloc(10_000, 0xbe)])));
  await expect(client.answerOn(1)).resolves.toMatchObject({ status: 431 });
  client.socket.destroy();
});

brief('more requests at once than were announced are refused, and the others answered', async () => {
  const client = await Http2Client.connect(server.port);
  // In one piece: while the server reads it none is answered.
  const ids = Array.from({ length: 300 }, (_, at) => 2 * at + 1);
  const asked = ids.map((id) => client.answerOn(id));
  client.write(Buffer.concat(ids.map((id) => frame('headers', 5, id, fields(request('/held'))))));
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(100);
  expect(refused.every((one) => /reset with 7/.test(String((one as PromiseRejectedResult).reason)))).toBe(
    true,
  );
  client.socket.destroy();
});
