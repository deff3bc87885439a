import { describeCleanUp, describeExit, whereToLook } from './exit-reason.ts';

const MB = 1024 ** 2;
const HEAP = [
  '<--- Last few GCs --->',
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  '----- Native stack trace -----',
];

it.each([
  [
    { code: null, signal: 'SIGABRT', lastLines: HEAP, rss: 90 * MB },
    /^killed by SIGABRT: out of memory, V8's heap limit \(Reached heap limit; .*--max-old-space-size, it held 90 MB\)$/,
  ],
  [{ code: 134, signal: null, lastLines: HEAP }, /^exit code 134: out of memory, V8's heap limit/],
  [{ code: null, signal: 'SIGABRT' }, /^killed by SIGABRT: abort by.*heap out of memory/],
  [
    { code: null, signal: 'SIGABRT', lastLines: ['started'] },
    /^killed by SIGABRT: abort by Node or native code: an assertion failed there, or .*closed descriptors/,
  ],
  [{ code: 134, signal: null, lastLines: [] }, /^exit code 134: .*closed descriptors/],
  [
    { code: null, signal: 'SIGKILL', oomKills: 1, rss: 498 * MB, memoryLimit: 512 * MB },
    /^killed by the kernel: out of memory \(cgroup limit 512 MB, it held 498 MB\)$/,
  ],
  [{ code: null, signal: 'SIGKILL', oomKills: 1 }, /^killed by the kernel: out of memory$/],
  [{ code: 137, signal: null, oomKills: 1 }, /^killed by the kernel: out of memory$/],
  [
    { code: null, signal: 'SIGKILL', oomKills: 0, rss: 498 * MB, memoryLimit: 512 * MB },
    /^killed by SIGKILL, most likely by the kernel/,
  ],
  [
    { code: null, signal: 'SIGKILL', oomKills: 0, rss: 60 * MB, memoryLimit: 512 * MB },
    /^killed by SIGKILL, not by tshorn: another process .*\(it held 60 MB\)$/,
  ],
  [{ code: null, signal: 'SIGSEGV' }, /^killed by SIGSEGV: crash in native code/],
  [{ code: 139, signal: null }, /^exit code 139: crash in native code/],
  [{ code: null, signal: 'SIGTERM' }, /^killed by SIGTERM, not by tshorn$/],
  [{ code: 1, signal: null }, /^exit code 1$/],
  [{ code: 2, signal: null }, /^exit code 2$/],
  [{ code: 3, signal: null }, /^exit code 3$/],
  [{ code: 4, signal: null }, /^exit code 4$/],
  [{ code: 5, signal: null }, /^exit code 5$/],
  [{ code: 10, signal: null }, /^exit code 10$/],
  [
    {
      code: 1,
      signal: null,
      lastLines: ['app.js:3', '  throw new TypeError()', '', 'TypeError: x is no y', '    at f'],
    },
    /^exit code 1: uncaught TypeError: x is no y$/,
  ],
  [
    {
      code: 1,
      signal: null,
      lastLines: ['Error: logged before', 'app.js:3', '      ^', 'Error: listen EADDRINUSE', 'Node.js v24'],
    },
    /^exit code 1: uncaught Error: listen EADDRINUSE$/,
  ],
  [{ code: 0, signal: null }, /^exit code 0: the app called process.exit/],
  [{ code: 7, signal: null }, /^exit code 7: .*handler/],
  [{ code: 9, signal: null }, /^exit code 9: .*argument/],
  [{ code: 12, signal: null }, /^exit code 12: .*--inspect/],
  [{ code: 13, signal: null }, /^exit code 13: unsettled top-level await/],
  [{ code: 42, signal: null }, /^exit code 42$/],
])('%j is put into words', (exit, words) => expect(describeExit(exit)).toMatch(words));

const UNCAUGHT = ['app.js:3', '  throw new Error()', '', 'Error: no db', '    at f', '', 'Node.js v24.21.0'];

it.each([
  [{ code: 1, signal: null, lastLines: UNCAUGHT }, 'exit code 1: uncaught Error: no db'],
  [{ code: 1, signal: null, lastLines: ['bye', 'Error: no db', '    at f'] }, 'exit code 1: Error: no db'],
  [{ code: 5, signal: null, lastLines: ['bye', 'no db'] }, 'exit code 5: no db'],
  [{ code: 5, signal: null, lastLines: ['x'.repeat(301)] }, `exit code 5: ${'x'.repeat(300)}...`],
  [{ code: 1, signal: null, lastLines: [] }, 'exit code 1'],
  [{ code: null, signal: 'SIGSEGV', lastLines: ['bye'] }, describeExit({ code: null, signal: 'SIGSEGV' })],
])('a clean-up that ends with %j is put into words', (exit, words) =>
  expect(describeCleanUp(exit)).toBe(words),
);

test.each([
  [[], undefined, 'see its lines'],
  [[], '/var/log/api.log', 'see its lines in /var/log/api.log'],
  [['starting', 'DATABASE_URL is missing'], undefined, 'its last line: DATABASE_URL is missing'],
  [['DATABASE_URL is missing'], '/api.log', 'its last line in /api.log: DATABASE_URL is missing'],
])('a worker that wrote %j, with the output file %s, points at them', (lines, file, text) =>
  expect(whereToLook(lines, file)).toBe(text),
);
