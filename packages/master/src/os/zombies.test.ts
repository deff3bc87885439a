import type { Logger } from '../log.ts';
import { Zombies } from './zombies.ts';

function scene() {
  const logged: string[] = [];
  const dead = new Map<number, string>();
  const log = { warn: (_fields: object, text: string) => logged.push(text) } as unknown as Logger;
  const table = { children: () => [2, 3, ...dead.keys()], zombieName: (pid: number) => dead.get(pid) };
  return { logged, dead, zombies: new Zombies(log, table) };
}

test('a process that has just ended is not logged: Node may be about to reap it', () => {
  const { logged, dead, zombies } = scene();
  dead.set(7, 'node');
  expect(zombies.look()).toBe(false);
  dead.delete(7);
  dead.set(8, 'sh');
  expect(zombies.look()).toBe(false);
  expect(logged).toEqual([]);
});

test('a zombie that stays is logged, with its name and what to do', () => {
  const { logged, dead, zombies } = scene();
  dead.set(7, 'convert');
  zombies.look();
  dead.set(8, 'sh');
  expect(zombies.look()).toBe(true);
  expect(logged[0]).toMatch(/^1 zombie process \(first: convert, pid=7\): .*PID 1.*--init/);
});
