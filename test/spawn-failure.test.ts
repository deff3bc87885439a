/** Worker processes that cannot be started. */
import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { fixture, startServer } from './support/server.ts';

ownDirectory();

describe.each([
  ['without a preFork hook', undefined],
  ['with a preFork hook', 'yes'],
])('a worker process that cannot be started, %s', (_name, hook) => {
  test('rolls its reload back at once with the reason, and leaves nothing behind', async () => {
    const tooMuch = path.join(directory, 'too-much');
    const server = await startServer(fixture('says-hello.mjs'), {
      args: ['--config', fixture('inherits-too-much.config.mjs'), '--boot-timeout', '120'],
      env: { TOO_MUCH: tooMuch, HOOK: hook },
      workers: 2,
    });
    fs.writeFileSync(tooMuch, '');
    const verdict = await server.reload();
    expect(verdict).toMatchObject({ outcome: 'rolled-back', reason: expect.stringContaining('spawn E2BIG') });
    expect((await fetch(server.origin)).status).toBe(200);

    const from = server.lines.length;
    process.kill(server.readyPids[0] as number, 'SIGKILL');
    expect((await server.event('broken', { from })).msg).toContain('spawn E2BIG');
    fs.rmSync(tooMuch);
    expect((await server.reload()).outcome).toBe('committed');
    await server.until('two workers', () => server.readyPids.length === 2);
    expect(await server.stop()).toBe(0);
    expect(server.of('stray-error')).toEqual([]);
  });
});
