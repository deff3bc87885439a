import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotifyProgram } from './notify-program.ts';
import { WATCHDOG } from './report.ts';
import { Service } from './service.ts';

let directory: string;
let env: NodeJS.ProcessEnv;
const warnings: unknown[] = [];
const log = { warn: (...words: unknown[]) => void warnings.push(words) } as never;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  // Slow enough that a second one would overlap it.
  const script = `#!/bin/sh\necho "begin $*" >> "${directory}/record"\nsleep 0.05\necho "end $*" >> "${directory}/record"\n`;
  fs.writeFileSync(path.join(directory, 'systemd-notify'), script, { mode: 0o755 });
  env = { PATH: `${directory}:${process.env.PATH}`, NOTIFY_SOCKET: '/nowhere' };
  warnings.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
  fs.rmSync(directory, { recursive: true });
});

const recorded = (): string[] =>
  fs.readFileSync(path.join(directory, 'record'), 'utf8').trimEnd().split('\n');

const until = async (look: () => boolean) => {
  for (let wait = 0; wait < 3_000 && !look(); wait++) await sleep(10);
  expect(look()).toBe(true);
};

test('messages are sent one at a time, in order; of those that repeat, one waits', async () => {
  const program = new NotifyProgram(env, log);
  program.send({ assignments: ['STATUS=a b'] });
  program.send({ assignments: ['READY=1'] });
  for (let sign = 0; sign < 5; sign++) program.send(WATCHDOG);
  program.send({ assignments: ['STOPPING=1'] });
  await program.idle(20_000);
  const order = ['STATUS=a b', 'READY=1', 'WATCHDOG=1', 'STOPPING=1'];
  expect(recorded()).toEqual(order.flatMap((each) => [`begin ${each}`, `end ${each}`]));
  expect(warnings).toEqual([]);
});

test('who waits for the last words does not wait for a program that hangs', async () => {
  fs.writeFileSync(path.join(directory, 'systemd-notify'), '#!/bin/sh\nexec sleep 3\n', { mode: 0o755 });
  const program = new NotifyProgram(env, log);
  program.send(WATCHDOG);
  await program.idle(10);
  expect(warnings).toEqual([]);
});

test('a failure is told once, and what follows is sent all the same', async () => {
  const program = new NotifyProgram({ ...env, PATH: '/nowhere' }, log);
  program.send({ assignments: ['READY=1'] });
  program.send({ assignments: ['an argument\0 that no process can have'] });
  program.send({ assignments: ['STOPPING=1'] });
  await program.idle(20_000);
  expect(warnings).toHaveLength(1);
});

test('a start that takes its time asks for more, until it is ready', async () => {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'hrtime', 'performance', 'Date'],
  });
  const service = new Service(env, log);
  service.begin(2);
  const asked = () => recorded().filter((line) => line.startsWith('begin EXTEND_TIMEOUT_USEC=')).length;
  await until(() => fs.existsSync(path.join(directory, 'record')));
  for (const count of [2, 3]) {
    jest.advanceTimersByTime(10_000);
    await until(() => asked() === count);
  }
  service.tell({ event: 'started', level: 'info', size: 2 });
  jest.advanceTimersByTime(60_000);
  await service.close();
  // The program may outlive the end.
  await until(() => /^end READY=1 MAINPID=/.test(recorded().at(-1) ?? ''));
  expect(asked()).toBe(3);
});

test('a master that follows another one says nothing before it is active', async () => {
  const service = new Service(env, log);
  service.tell({ event: 'started', level: 'info', size: 2 });
  service.tell({ event: 'took-over', level: 'info', text: 'active: pid 8, after pid 7', oldMaster: 7 });
  service.tell({ event: 'stopping', level: 'info', text: 'graceful stop by SIGTERM' });
  await service.close();
  const ends = () => recorded().filter((line) => line.startsWith('end '));
  await until(() => fs.existsSync(path.join(directory, 'record')) && ends().length === 2);
  const said = ends();
  expect(said[0]).toMatch(/^end READY=1 MAINPID=\d+ STATUS=active: pid 8, after pid 7/);
  expect(said[1]).toMatch(/^end STOPPING=1/);
});
