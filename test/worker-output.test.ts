/** The workers' standard error, as it passes through the master. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { type ServerOptions, startServer, type TestServer } from './support/server.ts';

ownDirectory();

/** Its handler is not asked for a status: it is there to misbehave. */
function serve(code: string, options: ServerOptions = {}): Promise<TestServer> {
  const file = path.join(directory, 'app.mjs');
  fs.writeFileSync(file, code);
  return startServer(file, { ...options, args: ['--status-path', ''] });
}

/** Copies standard error to a file before anybody decodes it. */
function withStderrIn(file: string): ServerOptions {
  const script = 'file=$1; shift; exec "$@" 2> >(tee "$file" >&2)';
  return { through: (command) => ['bash', '-c', script, 'bash', file, ...command] };
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

test('what a worker writes arrives byte for byte', async () => {
  const written = path.join(directory, 'written');
  const server = await serve(
    `import fs from 'node:fs';
    const bytes = (count) => Buffer.from(Array.from({ length: count }, (_, at) => (at * 7) % 256));
    const pieces = [
      Buffer.from('é'.repeat(60_000) + '\\n'),
      Buffer.from('漢'.repeat(90_000) + '\\n'),
      ...[...Buffer.from('漢')].map((byte) => Buffer.of(byte)),
      Buffer.from('\\n'),
      bytes(70_000),
      Buffer.from('\\nthat was all\\n'),
    ];
    export default async (_request, response) => {
      for (const piece of pieces) {
        await new Promise((resolve) => process.stderr.write(piece, resolve));
        if (piece.length === 1) await new Promise((resolve) => setTimeout(resolve, 150));
      }
      response.end(Buffer.concat(pieces));
    };`,
    withStderrIn(written),
  );
  const answered = Buffer.from(await (await fetch(server.origin)).arrayBuffer());
  await server.until('all of it', () => server.output.includes('that was all'));
  await server.stop();
  expect(answered).toHaveLength(460_020);
  expect(fs.readFileSync(written).includes(answered)).toBe(true);
});

test('long lines of two workers are not mixed', async () => {
  const written = path.join(directory, 'written');
  const server = await serve(
    `process.on('SIGWINCH', async () => {
      const line = 'worker ' + process.pid + ' ' + 'x'.repeat(150_000) + '\\n';
      for (let n = 0; n < 10; n++) await new Promise((resolve) => process.stderr.write(line, resolve));
    });
    export default (_request, response) => response.end();`,
    { ...withStderrIn(written), workers: 2 },
  );
  const pids = server.readyPids;
  for (const pid of pids) process.kill(pid, 'SIGWINCH');
  await server.until('all lines', () => server.output.split('x\n').length > 20);
  await server.stop();
  const lines = fs.readFileSync(written, 'utf8').split('\n');
  const lengths = lines.filter((line) => line.includes('worker ')).map(({ length }) => length);
  const whole = pids.flatMap((pid) => new Array(10).fill(`worker ${pid} `.length + 150_000));
  expect(lengths.sort()).toEqual(whole.sort());
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
