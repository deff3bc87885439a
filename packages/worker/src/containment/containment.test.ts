import fs from 'node:fs';
import type { ToMaster } from '@tshorn/core';

const written: string[] = [];
const { writeSync } = fs;
// The other descriptors are those of jest, which writes its cache.
jest.spyOn(fs, 'writeSync').mockImplementation(((fd: number, bytes: Buffer, ...more: []) => {
  if (fd !== 2) return writeSync(fd, bytes, ...more);
  written.push(bytes.toString());
  return bytes.length;
}) as never);

const { Containment } = jest.requireActual<typeof import('./containment.ts')>('./containment.ts');

const refuse = (): never => {
  throw new Error('nobody reads this');
};
const withGetter = (name: string): Error => Object.defineProperty(new Error('x'), name, { get: refuse });

function scene() {
  written.length = 0;
  const sent: ToMaster[] = [];
  const containment = new Containment({
    crashGrace: 1_000,
    meter: { open: () => [] } as never,
    attribution: { suspect: () => undefined } as never,
    isInService: () => true,
    stopAccepting: () => {},
    send: async (message) => void sent.push(message),
  });
  return { containment, sent };
}

test.each([
  ['stack', withGetter('stack'), 'Error: x', 'uncaught Error: x'],
  ['code', withGetter('code'), 'Error: x', 'threw the object'],
  ['message', withGetter('message'), 'object', 'threw the object'],
  ['prototype', new Proxy({}, { getPrototypeOf: refuse }), '{}', 'threw the object'],
  ['every property', new Proxy(new Error('x'), { get: refuse }), 'object', 'threw the object'],
])(
  'an exception that throws itself when its %s is read is contained as any other',
  (_what, thrown, text, reason) => {
    const { containment, sent } = scene();
    expect(containment.contain(thrown, 'uncaughtException')).toBe(true);
    containment.ordered();
    expect(written.join('')).toContain(text);
    expect(sent).toEqual([{ type: 'crashed', reason, culprit: { cost: 'none' } }]);
  },
);

test('what cannot be read is told in one line', () => {
  const { containment } = scene();
  containment.contain(withGetter('stack'), 'uncaughtException');
  containment.ordered();
  expect(written.join('')).toBe(`Error: x\n\nNode.js ${process.version}\n`);
});

describe('an exception whose origin the user wants to see ends the process as Node does it', () => {
  const { NODE_OPTIONS } = process.env;
  afterEach(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });

  test.each(['--trace-uncaught', '--no-warnings   "--trace-uncaught"', '--trace_uncaught'])(
    '%s',
    (options) => {
      process.env.NODE_OPTIONS = options;
      expect(scene().containment.contain(new Error('x'), 'uncaughtException')).toBe(false);
    },
  );
});
