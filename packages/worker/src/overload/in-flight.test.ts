import type http from 'node:http';
import { InFlight } from './in-flight.ts';

const response = (headersSent = false) => ({ headersSent }) as http.ServerResponse;

test('each is counted until it is removed, in any order, and once', () => {
  const inFlight = new InFlight();
  const all = [1, 2, 3, 4].map((from) => inFlight.add(response(), from));
  for (const at of [1, 3, 0, 2]) expect(inFlight.remove(all[at] as never)).toBe(true);
  expect(inFlight.size).toBe(0);
  expect(all.map((one) => inFlight.remove(one))).toEqual([false, false, false, false]);
});

test('streams are forgotten, and the others stay', () => {
  const inFlight = new InFlight();
  const all = [true, false, true, false].map((isStream) => inFlight.add(response(isStream), 0));
  inFlight.forgetStreams();
  expect(inFlight.size).toBe(2);
  expect(all.map((one) => inFlight.remove(one))).toEqual([false, true, false, true]);
});
