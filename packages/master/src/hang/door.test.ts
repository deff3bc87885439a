import { InspectorDoor } from './door.ts';

const ADDRESS = 'ws://127.0.0.1:40123/0a1b2c3d-1111-2222-3333-444455556666';
const CHATTER = [
  `Debugger listening on ${ADDRESS}`,
  'For help, see: https://nodejs.org/en/docs/inspector',
  'Debugger attached.',
];

test('our own visit is told by its address, and its chatter goes no further', async () => {
  const door = new InspectorDoor();
  let knocks = 0;
  const opened = door.open(() => knocks++);
  expect(CHATTER.map((line) => door.readLine(line))).toEqual([true, true, true]);
  expect(await opened).toBe(ADDRESS);
  expect(knocks).toBe(1);
  expect(door.debugged).toBe(false);
});

test("a person's inspector is not hidden, and a worker with a debugger is known", () => {
  const door = new InspectorDoor();
  expect(CHATTER.slice(0, 2).map((line) => door.readLine(line))).toEqual([false, false]);
  expect(door.debugged).toBe(false);
  expect(door.readLine('Debugger attached.')).toBe(false);
  expect(door.debugged).toBe(true);
});

test('an inspector that listens already is not asked to open', async () => {
  const door = new InspectorDoor();
  door.readLine(CHATTER[0] as string);
  expect(
    await door.open(() => {
      throw new Error('it says nothing to a second signal');
    }),
  ).toBe(ADDRESS);
});

test('only this machine is visited, whatever stands on stderr', () => {
  const door = new InspectorDoor();
  let told = '';
  void door
    .open(() => {})
    .then((address) => {
      told = address;
    });
  for (const host of ['10.0.0.1', 'example.org', '127.0.0.1.example.org'])
    door.readLine(`Debugger listening on ws://${host}:80/0a1b`);
  door.readLine(`Debugger listening on ws://127.0.0.1:80/../admin`);
  return Promise.resolve().then(() => expect(told).toBe(''));
});

test('lines of the app pass', () => {
  const door = new InspectorDoor();
  void door.open(() => {});
  expect(['', 'Debugger?', ' Debugger attached.', 'error: x'].map((line) => door.readLine(line))).toEqual(
    Array(4).fill(false),
  );
});
