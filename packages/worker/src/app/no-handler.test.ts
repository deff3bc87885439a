import { runInThisContext } from 'node:vm';
import { noHandlerByOutcome, noHandlerBySource } from './no-handler.ts';

/** Evaluated as it stands: a compiler renames parameters and moves default values. */
const what = (code: string, more: object = {}) =>
  noHandlerBySource(Object.assign(runInThisContext(`(${code})`), more))?.what;

describe('by its source', () => {
  test.each([
    '(req, res) => {}',
    'async function app(request, response) {}',
    'function (a, b) {}',
    '(event, res) => {}',
    '({ url }, res) => {}',
    '(req, res) => {}).bind(undefined',
    '{ method(req, res) {} }.method',
    '(env) => {}',
    '(config) => {}',
  ])('%s may be a handler, or makes one', (code) => expect(what(code)).toBeUndefined());

  test.each([
    ['async function plug(fastify, opts) {}', 'a Fastify plugin, function plug (fastify, opts)'],
    ['async (fastify) => {}', 'a Fastify plugin, function (fastify)'],
    [
      'function (config, options, more = {}) {}',
      'function (config, options), which is no request handler (req, res)',
    ],
    ['{ async handler(event, context) {} }.handler', 'function handler (event, context), which is no'],
  ])('%s is none', (code, words) => expect(what(code)).toContain(words));

  test('a plugin that fastify-plugin has marked is none, whatever its parameters are called', () => {
    expect(what('(a, b) => {}', { [Symbol.for('skip-override')]: true })).toBe(
      'a Fastify plugin, function (a, b)',
    );
  });
});

describe('by what it does with a request', () => {
  const throws = (fn: (...args: never[]) => unknown, ...args: unknown[]) => {
    try {
      fn(...(args as never[]));
    } catch (thrown) {
      return noHandlerByOutcome(fn, { thrown });
    }
    return undefined;
  };

  test('it calls a method of its first parameter that no request has', () => {
    const found = throws((a: { get(): void }, _b: unknown) => a.get(), {});
    expect(found?.message).toMatch(
      /^app: the exported function \(a, _b\) is no request handler \(req, res\): TypeError: a\.get is not a function/,
    );
    expect(found?.fix).toContain('export a function (req, res)');
    expect(found?.fix).toContain('fastify-cli');
  });

  test('it is written for Express', () => {
    const found = throws((_req: unknown, res: { json(): void }) => res.json(), {}, {});
    expect(found?.fix).toBe('this handler is written for Express: export the app that it is part of');
  });

  test('it is a middleware', () => {
    const found = throws((_req: unknown, _res: unknown, next: () => void) => next(), {}, {});
    expect(found?.fix).toBe('a middleware is served by the app that uses it: export that app');
  });

  test('any other failure is one of a handler', () => {
    const fails = (_req: unknown, _res: unknown) => {
      throw new Error('the database is away');
    };
    expect(throws(fails)).toBeUndefined();
    expect(throws((req: { a: { b(): void } }, _res: unknown) => req.a.b(), { a: {} })).toBeUndefined();
    const database = {} as { query(): void };
    expect(throws((_req: unknown, _res: unknown) => database.query())).toBeUndefined();
  });

  test('it returns an app', () => {
    const make = (_a: unknown, _b: unknown) => {};
    const express = Object.assign(() => {}, { handle: () => {} });
    const found = noHandlerByOutcome(make, { returned: express });
    expect(found?.message).toContain('it returned an Express app, and did not answer the request');
    expect(noHandlerByOutcome(make, { returned: { statusCode: 200 } })).toBeUndefined();
  });
});
