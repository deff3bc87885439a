import { ask } from './support/load.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

const answers = async ({ port }: { port: number }) => (await ask({ port }, { path: '/', agent: false })).body;

test('an app that ends with its standard input serves, is reloaded, and ends when it is asked to', async () => {
  const server = await startServer(fixture('ends-with-its-input.mjs'), { workers: 2 });
  expect(await answers(server)).toBe('hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await answers(server)).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(server.of('crashed')).toEqual([]);
});

test('an app that reads its standard input ends by itself after its clean-up', async () => {
  const server = await startServer(fixture('ends-with-its-input.mjs'), { env: { STAYS: '1' } });
  expect(await server.stop()).toBe(0);
  expect(server.output).toContain('cleaned up');
  expect(server.of('killed')).toEqual([]);
  expect(server.of('never-left')).toEqual([]);
});
