import fs from 'node:fs';
import path from 'node:path';
import { directory, ownDirectory } from './support/directory.ts';
import { fixture, TestServer } from './support/server.ts';

ownDirectory();

/** As the real one does it (test/real/nodemon.test.ts): its child, a shell, gets the signal first, and ends of it. */
const NODEMON = `const { spawn } = require('node:child_process');
  const [, , signal, ...command] = process.argv;
  const line = command.map((word) => "'" + word + "'").join(' ') + '; exit $?';
  const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  process.on('SIGUSR1', () => child.kill(signal));
  child.on('exit', () => console.log('the shell has ended'));`;

test.each(['SIGUSR2', 'SIGHUP'] as const)(
  '%s of nodemon ends the server, and starts no second one, after the shell between them has ended',
  async (signal) => {
    const nodemon = path.join(directory, 'nodemon.js');
    fs.writeFileSync(nodemon, NODEMON);
    const server = new TestServer(fixture('says-hello.mjs'), {
      through: ([node = '', ...command]) => [node, nodemon, signal, node, ...command],
    });
    const { master } = await server.started();
    process.kill(server.pid, 'SIGUSR1');
    await server.until('the end of the shell', () => server.output.includes('the shell has ended'));
    for (const pid of [...server.readyPids, master as number]) process.kill(pid, signal);
    expect(await server.exited).toBe(0);
    expect(server.of('stopping')[0]?.msg).toMatch(`stopping: quick stop by ${signal} from nodemon`);
    expect(server.of('re-exec-started')).toEqual([]);
    expect(server.of('reload-started')).toEqual([]);
  },
);
