/**
 * JavaScript that never returns is ended, and its process goes on: the same worker again and again, in each way in which
 * Node calls the app's code. The master's own debugger does it; nobody declares the worker hung.
 */
import http from 'node:http';
import { interrupt } from '../packages/master/src/hang/interrupt.ts';
import { Session } from '../packages/master/src/hang/session.ts';
import { turns } from '../packages/master/src/hang/turning.ts';
import { DEADLINE_MS, TEST_MS } from './support/deadline.ts';
import { ask } from './support/load.ts';
import { isLong, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const ROUNDS = times('INTERRUPTS', 2, 2);

/** Everything where V8 or Node treat the end of the code in a way of their own. */
const SHORT = [
  'handler',
  'finally',
  'await',
  'await-endless',
  'nextTick',
  'atomics',
  'timer',
  'immediate',
  'second-immediate',
  'await-timer',
];
const OTHERS = [
  ...[
    'regex',
    'catch',
    'generator',
    'proxy',
    'sort',
    'getter',
    'toJSON',
    'replace',
    'vm',
    'vm-timeout',
    'wasm',
    'event',
  ],
  ...[
    'event-target',
    'diagnostics',
    'prepareStackTrace',
    'import',
    'async',
    'await-file',
    'finally-await',
    'async-generator',
  ],
  ...[
    'microtask',
    'promise',
    'storage',
    'stream',
    'web-stream',
    'file',
    'file-stream',
    'lookup',
    'exec',
    'random',
    'pbkdf2',
  ],
  ...[
    'zlib',
    'connect',
    'http2',
    'message-port',
    'thread',
    'signal',
    'uncaught-exception',
    'unhandled-rejection',
  ],
  ...['interval', 'timer-tick', 'timer-microtask', 'await-immediate', 'abort'],
];
const kinds = isLong ? [...SHORT, ...OTHERS] : SHORT;

describe.each([
  ['as it is', {}],
  ['with an active async hook', { HOOKED: '1' }],
])('an app %s', (_name, env) => {
  let server: TestServer;
  let session: Session;

  beforeAll(async () => {
    server = await startServer(fixture('never-returns.mjs'), { args: ['--timeout', '0'], env });
    process.kill(await server.pidOf(0), 'SIGUSR1');
    const address = await server.until('its debugger', () => /ws:\/\/\S+/.exec(server.output)?.[0]);
    session = new Session(address);
  });
  afterAll(() => {
    session.close();
    return endServers();
  });

  test.each(kinds)(
    '%s',
    async (kind) => {
      const { port } = server;
      const pid = await server.pidOf(0);
      for (let round = 0; round < ROUNDS; round++) {
        const stuck = http.get({ port, host: '127.0.0.1', path: `/${kind}`, agent: false });
        stuck.on('error', () => {});
        await standsInIt(session);
        expect(await interrupt(session, performance.now() + DEADLINE_MS)).toBeUndefined();
        stuck.destroy();
        expect((await ask({ port }, { path: '/' })).body).toBe(String(pid));
      }
      expect(server.of('exited')).toEqual([]);
    },
    TEST_MS + ROUNDS * 1_000,
  );

  test('the immediates behind one that is ended still run', async () => {
    const answer = ask({ port: server.port }, { path: '/second-immediate' });
    await standsInIt(session);
    expect(await interrupt(session, performance.now() + DEADLINE_MS)).toBeUndefined();
    expect((await answer).body).toBe('goes on');
  });
});

/** Resolves when the process stands still in the code that never returns. */
async function standsInIt(session: Session): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    await session.pause(2_000);
    if (session.frames?.some(({ function: name }) => name === 'spins')) return;
    session.resume();
    await turns(session, 20);
  }
  throw new Error('the process has ended, or is not stuck');
}
