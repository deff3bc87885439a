import { type Attendant, Crew, type CrewMember } from './crew.ts';
import type { Logger } from './log.ts';

function scene(...more: Attendant[]) {
  const said: string[] = [];
  const say = (name: string) => {
    said.push(name);
  };
  const crew = new Crew({ error: say } as unknown as Logger);
  const attendant: Attendant = {
    born: () => say('born'),
    spawned: (_worker, pid) => say(`spawned ${pid}`),
    ended: ({ serial }) => say(`ended, ${crew.get(serial) ? 'there' : 'not there'}`),
    gone: () => say('gone'),
  };
  crew.attend([...more, attendant]);
  const worker = { serial: 3, handle: { pid: 9 } } as CrewMember;
  return { said, say, crew, worker };
}

test('an attendant hears of each worker in order: the state learns of the end between `ended` and `gone`', () => {
  const { said, say, crew, worker } = scene();
  crew.add(worker);
  crew.spawned(worker, 9);
  expect(crew.serialOf(9)).toBe(3);
  crew.remove(worker, () => say('the state knows'));
  expect(said).toEqual(['born', 'spawned 9', 'ended, not there', 'the state knows', 'gone']);
  expect(crew.serialOf(9)).toBeUndefined();
});

test('an attendant that throws costs the others nothing', () => {
  class Broken implements Attendant {
    ended() {
      throw new Error('no');
    }
  }
  const { said, say, crew, worker } = scene(new Broken());
  crew.add(worker);
  crew.remove(worker, () => say('the state knows'));
  expect(said.slice(1)).toEqual([
    expect.stringContaining('internal error of Broken'),
    'ended, not there',
    'the state knows',
    'gone',
  ]);
});
