import type { Logger } from './log.ts';
import { Zombies } from './zombies.ts';

function scene() {
  const told: string[] = [];
  const dead = new Map<number, string>();
  const log = { warn: (_fields: object, text: string) => told.push(text) } as unknown as Logger;
  const table = { children: () => [2, 3, ...dead.keys()], zombieName: (pid: number) => dead.get(pid) };
  return { told, dead, zombies: new Zombies(log, table) };
}

test('a process that has just ended is not told: Node may be about to reap it', () => {
  const { told, dead, zombies } = scene();
  dead.set(7, 'node');
  expect(zombies.look()).toBe(false);
  dead.delete(7);
  dead.set(8, 'sh');
  expect(zombies.look()).toBe(false);
  expect(told).toEqual([]);
});

test('one that stays is told, with its name and what to do', () => {
  const { told, dead, zombies } = scene();
  dead.set(7, 'convert');
  zombies.look();
  dead.set(8, 'sh');
  expect(zombies.look()).toBe(true);
  expect(told[0]).toMatch(/^1 ended process \(convert, pid=7\).*--init/);
});
