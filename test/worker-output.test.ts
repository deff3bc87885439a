/** The workers' standard error, as it passes through the master. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { eventually } from './support/eventually.ts';
import { type ServerOptions, startServer, type TestServer } from './support/server.ts';

ownDirectory();

/** Its handler is not asked for a status: it is there to misbehave. */
function serve(code: string, options: ServerOptions = {}): Promise<TestServer> {
  const file = path.join(directory, 'app.mjs');
  fs.writeFileSync(file, code);
  return startServer(file, { ...options, args: ['--status-path', '', '--loop-delay-warning', '0'] });
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
      let longestMs = 0;
      for (let n = 0; n < 10; n++) {
        const begun = performance.now();
        await new Promise((resolve) => process.stderr.write(line, resolve));
        longestMs = Math.max(longestMs, performance.now() - begun);
      }
      console.log(longestMs < 80 ? 'in one go' : 'with pauses');
    });
    export default (_request, response) => response.end();`,
    { ...withStderrIn(written), workers: 2 },
  );
  const pids = server.readyPids;
  const whole = pids.flatMap((pid) => new Array(10).fill(`worker ${pid} `.length + 150_000)).sort();
  const count = (text: string) => server.output.split(text).length - 1;
  for (let round = 1, from = 0; ; round++) {
    const paused = count('with pauses\n');
    for (const pid of pids) process.kill(pid, 'SIGWINCH');
    // It gets a part before the file does.
    const inFile = () => fs.readFileSync(written, 'utf8').split('x\n').length - 1;
    await eventually('lines', inFile, (lines) => lines >= 20 * round);
    await server.until('both ends', () => count('in one go\n') + count('with pauses\n') === 2 * round);
    const text = fs.readFileSync(written, 'utf8');
    const lines = text.slice(from).split('\n');
    from = text.length;
    const lengths = lines.filter((line) => line.includes('worker ')).map(({ length }) => length);
    if (lengths.sort().join() === whole.join()) break;
    // The part of a line that waits for its end for 100 ms is passed on.
    expect({ lengths, isPaused: count('with pauses\n') > paused, round }).toMatchObject({ isPaused: true });
    expect(round).toBeLessThan(10);
  }
  await server.stop();
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
      setTimeout(() => {
        fs.writeFileSync(${JSON.stringify(path.join(directory, 'survived'))}, '');
        slow.end('late');
      }, 100);
    });
    let slow;
    export default (_request, response) => {
      slow = response;
      console.log('asked');
    };`);
  const answer = fetch(server.origin);
  await server.until('the request', () => server.output.includes('asked'));
  await server.stop('SIGKILL');
  expect(await (await answer).text()).toBe('late');
  expect(fs.existsSync(path.join(directory, 'survived'))).toBe(true);
});
