import cluster from 'node:cluster';
import vm from 'node:vm';
import { answerLibraries } from './libraries.ts';

/** Code in this file that asks node:cluster. */
const codeIn = (filename: string, name: string): (() => unknown) =>
  vm.runInThisContext(`(cluster) => () => cluster.${name}`, { filename })(cluster);

const before = Object.getOwnPropertyDescriptors(cluster);
let reported: string[];
beforeEach(() => {
  reported = [];
  for (const name of ['isPrimary', 'isMaster']) {
    Object.defineProperty(cluster, name, {
      value: false,
      configurable: true,
      writable: true,
      enumerable: true,
    });
  }
  answerLibraries((library) => reported.push(library));
});
afterAll(() => {
  for (const name of ['isPrimary', 'isMaster'] as const) Object.defineProperty(cluster, name, before[name]);
});

test.each([
  '/app/node_modules/log4js/lib/clustering.js',
  'C:\\app\\node_modules\\log4js\\lib\\clustering.js',
])('log4js in %s is answered that it writes itself; it is reported once', (file) => {
  const ask = codeIn(file, 'isMaster');
  expect([ask(), ask(), codeIn(file, 'isPrimary')()]).toEqual([true, true, true]);
  expect(reported).toEqual(['log4js']);
});

test('prom-client and the app get the truth', () => {
  expect(codeIn('/app/node_modules/prom-client/lib/cluster.js', 'isMaster')()).toBe(false);
  expect(codeIn('/app/log4js/server.js', 'isMaster')()).toBe(false);
  expect(codeIn('/app/server.js', 'isPrimary')()).toBe(false);
  expect([cluster.isPrimary, cluster.isMaster]).toEqual([false, false]);
  expect(reported).toEqual(['prom-client']);
});

test('the stack of an error, and what prepares it, stay as they are', () => {
  const prepare = () => 'prepared';
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = prepare;
  try {
    expect(cluster.isPrimary).toBe(false);
    expect(Error.prepareStackTrace).toBe(prepare);
    expect(Error.stackTraceLimit).toBeGreaterThan(1);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
});

test('an app may set the property, as mocks do', () => {
  Object.assign(cluster, { isPrimary: true });
  expect(cluster.isPrimary).toBe(true);
});
