import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ask } from './support/load.ts';
import { run } from './support/run.ts';
import { endServers, fixture, startServer } from './support/server.ts';

afterEach(endServers);

const answers = async ({ port }: { port: number }) => (await ask({ port }, { path: '/', agent: false })).body;

test('an app that ends with its standard input serves, is reloaded, and ends when it is asked to', async () => {
  const server = await startServer(fixture('ends-with-its-input.mjs'), { workers: 2, input: 'pipe' });
  expect(await answers(server)).toBe('hello');
  expect(await server.reload()).toMatchObject({ outcome: 'committed' });
  expect(await answers(server)).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(server.of('crashed')).toEqual([]);
});

test('an app that reads its standard input ends by itself after its clean-up', async () => {
  const server = await startServer(fixture('ends-with-its-input.mjs'), {
    env: { STAYS: '1' },
    input: 'pipe',
  });
  expect(await server.stop()).toBe(0);
  expect(server.output).toContain('cleaned up');
  expect(server.of('killed')).toEqual([]);
  expect(server.of('never-left')).toEqual([]);
});

test('a module that only reads its standard input is no app, and is refused at once', async () => {
  const { code, text } = await run([
    fixture('reads-its-input.cjs'),
    '--workers',
    '1',
    '--bind',
    '127.0.0.1:0',
  ]);
  expect(text).toContain('reads-its-input.cjs');
  expect(code).toBe(4);
});

test('an app that reads its standard input to the end is served where that is /dev/null', async () => {
  const server = await startServer(fixture('reads-all-its-input.cjs'));
  expect(await answers(server)).toBe('read ');
});

test('each worker reads a file as its standard input from the beginning, also after a reload', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-input-'));
  const file = path.join(directory, 'config.txt');
  fs.writeFileSync(file, 'settings');
  const input = fs.openSync(file, 'r');
  try {
    const server = await startServer(fixture('reads-all-its-input.cjs'), { workers: 2, input });
    expect(await answers(server)).toBe('read settings');
    expect(await server.reload()).toMatchObject({ outcome: 'committed' });
    expect(await answers(server)).toBe('read settings');
    expect(await server.stop()).toBe(0);
    expect(server.output.match(/^read settings$/gm)).toHaveLength(4);
  } finally {
    fs.closeSync(input);
    fs.rmSync(directory, { recursive: true });
  }
});

test('an app that waits for the end of its standard input hears of it where that is /dev/null', async () => {
  const server = await startServer(fixture('ends-with-its-input.mjs'), { env: { STAYS: '1' } });
  expect(await answers(server)).toBe('hello');
  expect(await server.stop()).toBe(0);
  expect(server.output).toContain('end of input');
});
