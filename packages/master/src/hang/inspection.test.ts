import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inspect } from './inspection.ts';
import { Session } from './session.ts';

/** Resolves with a session with a process that never leaves `spins`, and with its end. */
async function busyLoop(before = '') {
  const script = `function spins() { console.log('in'); ${before}; for (;;); }\nfunction caller() { spins(); }\ncaller();`;
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[line]] = await Promise.all([
    once(createInterface({ input: child.stderr }), 'line') as Promise<[string]>,
    once(child.stdout, 'data'),
  ]);
  const session = new Session(/ws:\S+/.exec(line)?.[0] as string);
  return { session, end: () => child.kill('SIGKILL') };
}

test("a process in a busy loop reports its stack through Node's inspector", async () => {
  const { session, end } = await busyLoop();
  try {
    const { stack, rss } = await inspect(session, 10_000);
    const functions = stack?.map((one) => one.function) ?? [];
    // On a busy machine it may not have come out of console.log yet.
    expect(functions.slice(functions.indexOf('spins')).slice(0, 2)).toEqual(['spins', 'caller']);
    expect(rss).toBeGreaterThan(0);
  } finally {
    end();
  }
});

test('a process that reads the orders late is asked no question before it stands still', async () => {
  const { session, end } = await busyLoop("crypto.pbkdf2Sync('a', 'b', 1e6, 64, 'sha512')");
  try {
    const { stack, rss } = await inspect(session, 20_000);
    expect(stack?.map((one) => one.function)).toContain('spins');
    expect(rss).toBeGreaterThan(0);
  } finally {
    end();
  }
});

test('an address at which nobody answers is no error', async () => {
  expect(await inspect(new Session('ws://127.0.0.1:1/0'), 5_000)).toEqual({});
});

test('a time that is over is none, and not a negative one, of which Node 22 and newer warn', async () => {
  const given: number[] = [];
  const asked = async (ms: number) => void given.push(ms);
  const session = {
    frames: undefined,
    pauseOnceRead: (_readMs: number, ms: number) => asked(ms),
    paused: asked,
    evaluate: (_text: string, ms: number) => asked(ms),
  };
  await inspect(session as unknown as Session, -100);
  expect(given).toEqual([0, 0, 0]);
});
