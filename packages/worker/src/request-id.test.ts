import { givenId, traceOf } from './request-id.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = (version: string, trace = TRACE, span = '00f067aa0ba902b7', rest = '-01') =>
  `${version}-${trace}-${span}${rest}`;

test.each([
  ['abc-1._Z', 'abc-1._Z'],
  ['a'.repeat(64), 'a'.repeat(64)],
  ['a'.repeat(65), undefined],
  ['', undefined],
  ['a b', undefined],
  ['a\n', undefined],
  ['a"', undefined],
  ['caf\xe9', undefined],
])('the id %j is %j', (id, expected) => {
  expect(givenId({ 'x-request-id': id })).toBe(expected);
});

test.each([
  [parent('00'), TRACE],
  [parent('01', TRACE, '00f067aa0ba902b7', '-01-more'), TRACE],
  [parent('ff'), undefined],
  [parent('00', '0'.repeat(32)), undefined],
  [parent('00', TRACE, '0'.repeat(16)), undefined],
  [parent('00', TRACE.toUpperCase()), undefined],
  [`${parent('00')}x`, undefined],
])('the traceparent %s is of trace %j', (traceparent, trace) => {
  expect(traceOf({ traceparent })).toBe(trace);
  expect(givenId({ traceparent })).toBe(trace);
});

test('an id of its own comes before its trace', () => {
  expect(givenId({ 'x-request-id': 'own', traceparent: parent('00') })).toBe('own');
  expect(givenId({ 'x-request-id': 'not sane', traceparent: parent('00') })).toBe(TRACE);
});
