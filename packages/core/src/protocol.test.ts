import { envelope, readToMaster } from './protocol.ts';

const remaining = (left: unknown) => readToMaster(envelope({ type: 'remaining', left }));
const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${'b'.repeat(n)}`, 1]));

it.each([[{}], [{ queue: 1, 'no-resumer': 0 }]])('%j is what a worker still has', (left) =>
  expect(remaining(left)).toEqual({ type: 'remaining', left }),
);

it.each([
  [undefined],
  [null],
  ['queue'],
  [{ queue: -1 }],
  [{ queue: 1.5 }],
  [{ queue: '1' }],
  [{ 'a\nline of its own': 1 }],
  [{ '': 1 }],
  [many],
])('%j is no message: an app may send anything', (left) => expect(remaining(left)).toBeUndefined());

it('a connection that did not go on says whose doing it was', () => {
  const told = { type: 'resume-failed', resumer: 'websocket:/', reason: 'no' };
  expect(readToMaster(envelope(told))).toBeUndefined();
  expect(readToMaster(envelope({ ...told, byApp: true }))).toEqual({ ...told, byApp: true });
});
