import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inspect } from './inspection.ts';
import { frame } from './websocket-client.ts';

/** The text of a frame, as a server reads it. */
function unmask(bytes: Buffer): string {
  const short = (bytes[1] as number) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  const mask = bytes.subarray(start, start + 4);
  const payload = bytes.subarray(start + 4);
  return Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] as number))).toString();
}

test.each([0, 1, 125, 126, 65_535, 65_536])('a message of %i bytes is one frame', (length) => {
  const text = 'x'.repeat(length);
  expect(unmask(frame(text))).toBe(text);
});

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
    const { stack, rss } = await inspect(address, AbortSignal.timeout(10_000));
    const functions = stack?.map((one) => one.function) ?? [];
    // On a busy machine it may not have come out of console.log yet.
    expect(functions.slice(functions.indexOf('spins')).slice(0, 2)).toEqual(['spins', 'caller']);
    expect(rss).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('an address at which nobody answers is no error', async () => {
  expect(await inspect('ws://127.0.0.1:1/0', AbortSignal.timeout(5_000))).toEqual({});
});
