import http from 'node:http';
import { type ExportContext, findApp } from './app-export.ts';

const context: ExportContext = {
  settings: {
    keepAliveTimeout: 75_000,
    keepAliveTimeoutGiven: false,
    headersTimeout: 60_000,
    headersTimeoutGiven: false,
  },
  capture: { candidates: [] },
  ownListen: async () => {},
  mayCall: async () => true,
};
const handler = (_req: unknown, _res: unknown) => {};
const express = Object.assign((_req: unknown, _res: unknown, _next: unknown) => {}, { handle: handler });
const koa = { callback: () => handler, use: () => {} };
const server = http.createServer();

const kindOf = async (exports: Record<string, unknown>, name?: string) => {
  const found = await findApp(exports, name, context);
  return 'kind' in found ? found.kind : found.instead;
};

test.each([
  ['handler', handler],
  ['express', express],
  ['koa', koa],
  ['server', server],
  ['fetch', { fetch: async () => new Response() }],
  ['handler', Promise.resolve(handler)],
  ['koa', () => koa],
  ['server', async (_env: unknown) => server],
  ['express', async () => () => express],
])('%s is recognised', async (kind, app) => {
  expect(await kindOf({ default: app })).toBe(kind);
});

test('a compiled module, a namespace with fetch and a named export are looked into', async () => {
  expect(await kindOf({ default: { __esModule: true, default: koa } })).toBe('koa');
  expect(await kindOf({ fetch: async () => new Response() })).toBe('fetch');
  expect(await kindOf({ default: 1, admin: handler }, 'admin')).toBe('handler');
  expect(await kindOf({ default: { admin: handler } }, 'admin')).toBe('handler');
});

test('what is no app is described', async () => {
  expect(await kindOf({ default: { app: 1, start: 2 } })).toBe('it exports an object with app, start');
  expect(await kindOf({ default: class App {} })).toBe('it exports a class App');
  expect(await kindOf({ default: async function main() {} })).toBe('its function main returned undefined');
  expect(await kindOf({ default: () => new Response() })).toContain('returned an object of class Response');
  expect(await kindOf({ default: {} })).toBe('it exports nothing');
  expect(await kindOf({})).toBe('it exports nothing');
  expect(await kindOf({ default: 1 })).toBe('it exports the number 1');
  expect(await kindOf({ default: 'express' })).toBe('it exports the text "express"');
  expect(await kindOf({ default: [1, 2] })).toBe('it exports an array of length 2');
  expect(await kindOf({ default: async (_fastify: unknown, _opts: unknown) => {} })).toMatch(
    /^it exports a Fastify plugin, function/,
  );
});

test('a function that needs arguments and is called without them is named, with what to do', async () => {
  const make = (config: { port: number }) => config.port;
  await expect(kindOf({ default: make })).rejects.toMatchObject({
    message: expect.stringMatching(
      /^app: the exported function make \(config\) was called without arguments to make the app, and threw TypeError: .*port/,
    ),
    fix: expect.stringContaining('call it in a start file'),
  });
  const fails = async (_config: unknown) => {
    throw new Error('the database is away');
  };
  await expect(kindOf({ default: fails })).rejects.toThrow('the database is away');
});

test('a named export that is missing is told with those that exist', async () => {
  await expect(findApp({ default: { api: 1 }, other: 2 }, 'app', context)).rejects.toMatchObject({
    code: 'ERR_APP_KIND',
    fix: 'it exports api, default, other',
  });
});
