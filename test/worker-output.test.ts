/** What the workers write on standard error, on its way through the master. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endServers, startServer, type TestServer } from './support/server.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-output-'));
});
afterEach(async () => {
  await endServers();
  fs.rmSync(directory, { recursive: true, force: true });
});

/** Its handler is not asked for a status: it is there to misbehave. */
function serve(code: string): Promise<TestServer> {
  const file = path.join(directory, 'app.mjs');
  fs.writeFileSync(file, code);
  return startServer(file, { args: ['--status-path', ''] });
}

test('an uncaught exception goes with the report of the crash, and is printed once', async () => {
  const server = await serve(`export default (request, _response) => {
      console.error('asked for', request.url);
      setImmediate(() => { throw new Error('out of order') });
    };`);
  await fetch(`${server.origin}/machine`).catch(() => {});
  const { lastLines } = await server.event('crashed');
  expect(lastLines).toEqual(expect.arrayContaining(['asked for /machine', 'Error: out of order']));
  expect(server.output.match(/^Error: out of order$/gm)).toHaveLength(1);
});

test('a million bytes in one go arrive whole, before the report of the end', async () => {
  const server = await serve(`import fs from 'node:fs';
    export default (_request, _response) => {
      for (let line = 0; line < 20_000; line++) {
        // The descriptor need not block: then it takes a part, or says EAGAIN.
        for (let rest = Buffer.from(line + ' '.repeat(50) + '\\n'); rest.length > 0; ) {
          try {
            rest = rest.subarray(fs.writeSync(2, rest));
          } catch (error) {
            if (error.code !== 'EAGAIN') throw error;
          }
        }
      }
      process.exit(5);
    };`);
  await fetch(server.origin).catch(() => {});
  const { lastLines } = await server.event('crashed');
  expect((lastLines as string[]).at(-1)).toBe('19999');
  await server.stop();
  const numbers = server.output.split('\n').map((line) => Number.parseInt(line, 10));
  expect(numbers.filter((number) => !Number.isNaN(number))).toEqual(
    Array.from({ length: 20_000 }, (_, at) => at),
  );
});

test('a process that outlives its worker, and holds its standard error, does not hide the end of it', async () => {
  const server = await serve(`import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'], { stdio: 'inherit', detached: true });
    child.unref();
    export default (_request, response) => response.end(String(child.pid), () => process.exit(3));`);
  const child = Number(await (await fetch(server.origin)).text());
  try {
    expect((await server.event('crashed')).msg).toContain('exit code 3');
    await server.event('ready', { count: 2 });
  } finally {
    process.kill(child);
    const second = Number(await (await fetch(server.origin)).text());
    process.kill(second);
  }
});

test('a worker whose master is gone may still write', async () => {
  const server = await serve(`import fs from 'node:fs';
    process.on('disconnect', () => {
      for (let line = 0; line < 100; line++) console.error('is anybody there?');
      setTimeout(() => fs.writeFileSync(${JSON.stringify(path.join(directory, 'survived'))}, ''), 100);
    });
    export default (_request, response) => setTimeout(() => response.end('late'), 1_500);`);
  const answer = fetch(server.origin);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await server.stop('SIGKILL');
  expect(await (await answer).text()).toBe('late');
  expect(fs.existsSync(path.join(directory, 'survived'))).toBe(true);
});
