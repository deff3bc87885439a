import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { firstFrame, thrownPlace, unheardPlace } from './thrown-place.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-place-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const file = path.join(directory, 'app.js');
const SOURCE = [
  "function direct() { throw new Error('x'); }",
  'function later() {',
  "\tconst error = new Error('x');",
  '\terror.code = 1;',
  '\tthrow error;',
  '}',
  "const make = () => new Error('x');",
  'function made() { throw errors.make(); }',
  'function operator() { return null.foo; }',
  'function caller() { throw operator(); }',
].join('\n');
fs.writeFileSync(file, SOURCE);

/** A stack whose frames are at the begin of these texts in the source. */
const stackAt = (...texts: readonly string[]): string =>
  [
    'Error: x',
    ...texts.map((text) => {
      const before = SOURCE.slice(0, SOURCE.indexOf(text)).split('\n');
      return `    at f (${file}:${before.length}:${(before.at(-1) ?? '').length + 1})`;
    }),
  ].join('\n');

const placeOf = (stack: string, isThrown = true) => thrownPlace(stack, isThrown).split('\n').slice(0, 3);

test('the place is the `throw` before what is made', () => {
  expect(placeOf(stackAt("new Error('x'); }"))).toEqual([
    `${file}:1`,
    "function direct() { throw new Error('x'); }",
    `${' '.repeat(20)}^`,
  ]);
});

test('the place is the `throw` of the variable, and tabs stay', () => {
  expect(placeOf(stackAt("new Error('x');\n\terror"))).toEqual([`${file}:5`, '\tthrow error;', '\t^']);
});

test('the place is the `throw` of the caller of a function that makes the error', () => {
  expect(placeOf(stackAt("new Error('x');\nfunction made", 'make(); }'))[0]).toBe(`${file}:8`);
});

test('the place of what an operator throws is the operator, whoever has called', () => {
  expect(placeOf(stackAt('foo; }', 'operator(); }'))[0]).toBe(`${file}:9`);
});

test('the place of a rejection is where its error was made', () => {
  expect(placeOf(stackAt("new Error('x');\n\terror"), false)[0]).toBe(`${file}:3`);
});

test('without a stack, or a source, there is no place', () => {
  expect(thrownPlace('Error: x', true)).toBe('');
  expect(thrownPlace('Error: x\n    at f (/no/such/file.js:1:1)', true)).toBe('');
  expect(thrownPlace('Error: x\n    at JSON.parse (<anonymous>)', true)).toBe('');
});

test("the place of an 'error' event is in Node's own source", () => {
  expect(unheardPlace(false)).toMatch(
    /^node:events:\d+\n {2,}throw er; \/\/ Unhandled 'error' event\n {2,}\^\n\n$/,
  );
});

test('the first frame comes after a message of several lines', () => {
  expect(firstFrame('Error: a\nb\n    at f (/app.js:1:2)\n    at g')).toBe('    at f (/app.js:1:2)');
});
