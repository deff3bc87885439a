import { framesOf, isInPromiseHook } from './frames.ts';

const call = (functionName: string, url: string, scriptId = '1') => ({
  functionName,
  url,
  location: { scriptId, lineNumber: 4, columnNumber: 6 },
});

test('a file has its path, its line counts from 1, and what a loader added to its URL is left out', () => {
  expect(framesOf([call('spin', 'file:///srv/my%20app/a.mjs?v=2')], new Map())).toEqual([
    { function: 'spin', file: '/srv/my app/a.mjs', line: 5, column: 7 },
  ]);
});

test('a frame without a URL has the one of its script', () => {
  const [frame] = framesOf([call('', '', '7')], new Map([['7', 'node:events']]));
  expect(frame).toMatchObject({ function: '', file: 'node:events' });
});

test.each([
  'promiseInitHook',
  'promiseInitHookWithDestroyTracking',
  'promiseBeforeHook',
  'promiseAfterHook',
  'promiseResolveHook',
])('code below %s must not be interrupted', (name) => {
  const hook = call(name, 'node:internal/async_hooks');
  const spin = call('spin', 'file:///srv/a.js');
  expect(isInPromiseHook(framesOf([spin, hook], new Map()))).toBe(true);
});

test.each([
  ['listOnTimeout', 'node:internal/timers'],
  ['processImmediate', 'node:internal/timers'],
  ['processTicksAndRejections', 'node:internal/process/task_queues'],
  ['callbackTrampoline', 'node:internal/async_hooks'],
  ['promiseInitHook', 'file:///srv/app.js'],
])('code below %s of %s may be interrupted', (name, url) => {
  expect(isInPromiseHook(framesOf([call('spin', 'file:///srv/a.js'), call(name, url)], new Map()))).toBe(
    false,
  );
});
