import { takeVariables } from './activation.ts';

test('descriptors count from 3, with their names', () => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '3', LISTEN_FDNAMES: 'web::admin', HOME: '/' };
  expect(takeVariables(env, 7)).toEqual([
    { fd: 3, name: 'web' },
    { fd: 4, name: 'unknown' },
    { fd: 5, name: 'admin' },
  ]);
  expect(env).toEqual({ HOME: '/' });
});

test.each([
  { LISTEN_PID: '8', LISTEN_FDS: '1' },
  { LISTEN_FDS: '1' },
  { LISTEN_PID: '7', LISTEN_FDS: '-1' },
  { LISTEN_PID: '7', LISTEN_FDS: 'x', LISTEN_FDNAMES: 'web' },
])('%j are not for the process 7, and are gone all the same', (env) => {
  expect(takeVariables(env, 7)).toEqual([]);
  expect(env).toEqual({});
});
