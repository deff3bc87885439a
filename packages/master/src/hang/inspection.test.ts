import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inspect } from './inspection.ts';
import { Session } from './session.ts';

test("a process in a busy loop reports its stack through Node's inspector", async () => {
  const script =
    "function spins() { console.log('in'); for (;;); }\nfunction caller() { spins(); }\ncaller();";
  const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const [[line]] = await Promise.all([
      once(createInterface({ input: child.stderr }), 'line') as Promise<[string]>,
      once(child.stdout, 'data'),
    ]);
    const address = /ws:\S+/.exec(line)?.[0] as string;
    const { stack, rss } = await inspect(new Session(address), 10_000);
    const functions = stack?.map((one) => one.function) ?? [];
    // On a busy machine it may not have come out of console.log yet.
    expect(functions.slice(functions.indexOf('spins')).slice(0, 2)).toEqual(['spins', 'caller']);
    expect(rss).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('an address at which nobody answers is no error', async () => {
  expect(await inspect(new Session('ws://127.0.0.1:1/0'), 5_000)).toEqual({});
});
