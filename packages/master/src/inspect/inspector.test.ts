import { Inspector } from './inspector.ts';

const ADDRESS = 'ws://127.0.0.1:40123/0a1b2c3d-1111-2222-3333-444455556666';
const CHATTER = [
  `Debugger listening on ${ADDRESS}`,
  'For help, see: https://nodejs.org/en/docs/inspector',
  'Debugger attached.',
];

test('the visit of the master gets the address, and its chatter is not passed on', async () => {
  const inspector = new Inspector();
  let signals = 0;
  const opened = inspector.open(() => signals++);
  expect(CHATTER.map((line) => inspector.readLine(line))).toEqual([true, true, true]);
  expect(await opened).toBe(ADDRESS);
  expect(signals).toBe(1);
  expect(inspector.debugged).toBe(false);
});

test("a person's inspector is not hidden, and a worker with a debugger is known", () => {
  const inspector = new Inspector();
  expect(CHATTER.slice(0, 2).map((line) => inspector.readLine(line))).toEqual([false, false]);
  expect(inspector.debugged).toBe(false);
  expect(inspector.readLine('Debugger attached.')).toBe(false);
  expect(inspector.debugged).toBe(true);
});

test('an inspector that listens already is not asked to open', async () => {
  const inspector = new Inspector();
  inspector.readLine(CHATTER[0] as string);
  expect(
    await inspector.open(() => {
      throw new Error('it says nothing to a second signal');
    }),
  ).toBe(ADDRESS);
});

test('only this machine is visited, whatever stands on stderr', () => {
  const inspector = new Inspector();
  let address = '';
  void inspector
    .open(() => {})
    .then((found) => {
      address = found;
    });
  for (const host of ['10.0.0.1', 'example.org', '127.0.0.1.example.org'])
    inspector.readLine(`Debugger listening on ws://${host}:80/0a1b`);
  inspector.readLine(`Debugger listening on ws://127.0.0.1:80/../admin`);
  return Promise.resolve().then(() => expect(address).toBe(''));
});

test('lines of the app pass', () => {
  const inspector = new Inspector();
  void inspector.open(() => {});
  expect(
    ['', 'Debugger?', ' Debugger attached.', 'error: x'].map((line) => inspector.readLine(line)),
  ).toEqual(Array(4).fill(false));
});

test('without --inspect, no line on stderr lets a worker boot for ever', () => {
  const inspector = new Inspector();
  for (const line of CHATTER) inspector.readLine(line);
  expect(inspector.mayHoldBoot).toBe(false);
  inspector.isManaged = true;
  expect(inspector.mayHoldBoot).toBe(true);
});

test('an inspector that was shut is opened again by the next signal', async () => {
  const inspector = new Inspector();
  const first = inspector.open(() => {});
  for (const line of CHATTER) inspector.readLine(line);
  await first;
  inspector.shut();
  // Node tells of it once more when the session ends.
  expect(inspector.readLine(CHATTER[0] as string)).toBe(true);
  expect(inspector.address).toBeUndefined();
  let signals = 0;
  const second = inspector.open(() => signals++);
  const other = ADDRESS.replace('0a1b2c3d', '4e5f6a7b');
  inspector.readLine(`Debugger listening on ${other}`);
  expect(await second).toBe(other);
  expect(signals).toBe(1);
});

test('an inspector that somebody else looks into is not the master alone', () => {
  const inspector = new Inspector();
  void inspector.open(() => {});
  for (const line of CHATTER) inspector.readLine(line);
  expect(inspector.isOursAlone).toBe(true);
  inspector.readLine('Debugger attached.');
  expect(inspector.isOursAlone).toBe(false);
});

test('the inspector of --inspect is not the master alone', () => {
  const inspector = new Inspector();
  inspector.isManaged = true;
  expect(inspector.isOursAlone).toBe(false);
});
