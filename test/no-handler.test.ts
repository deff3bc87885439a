/** A module whose export cannot serve is refused at once, at the start, in a reload, and by `tshorn check`. */
import fs from 'node:fs';
import path from 'node:path';
import { Command } from './support/control.ts';
import { directory, ownDirectory } from './support/directory.ts';
import { brief, cases } from './support/long.ts';
import { fixture, startServer, TestServer } from './support/server.ts';

ownDirectory();

const CASES = [
  ['number', 'it exports the number 5'],
  ['class', 'it exports a class App'],
  ['empty', 'it exports nothing'],
  ['plugin', 'it exports a Fastify plugin, function plugin (fastify, opts)'],
  ['maker', 'it exports function maker (config, options), which is no request handler (req, res)'],
  ['object', 'it exports an object with createServer, version'],
] as const;

test.each(cases(CASES, ([name]) => name === 'plugin' || name === 'empty'))(
  'an export that is no app is refused: %s',
  async (name, words) => {
    const server = new TestServer(fixture('exports-by-name.cjs'), { env: { EXPORTS: name } });
    expect(await server.exited).toBe(4);
    expect(server.of('broken').map(({ reason }) => String(reason))).toEqual([
      expect.stringContaining(`is no app: ${words}, and it does not call listen()`),
    ]);
  },
);

brief('an exported server of another kind is refused by its name', async () => {
  const server = new TestServer(fixture('exports-by-name.cjs'), { env: { EXPORTS: 'tls' } });
  expect(await server.exited).toBe(4);
  expect(server.of('broken').map(({ reason }) => String(reason))).toEqual([
    expect.stringMatching(
      / exports a TLS server, which tshorn cannot serve; listen with https\.createServer/,
    ),
  ]);
});

const SHOWN_BY_THE_PROBE = [
  [
    'is-a-plugin.cjs',
    /no request handler \(req, res\): TypeError: a\.get is not a function at .*is-a-plugin\.cjs:3; /,
  ],
  [
    'makes-an-app.cjs',
    /it returned an Express app, and did not answer the request; if it makes the app, call it/,
  ],
] as const;

describe.each(SHOWN_BY_THE_PROBE)(
  'a function that its first request shows to be no handler: %s',
  (app, words) => {
    brief('ends the start at once', async () => {
      const server = new TestServer(fixture(app));
      expect(await server.exited).toBe(4);
      expect(server.of('broken').map(({ reason }) => String(reason))).toEqual([expect.stringMatching(words)]);
      expect(server.output).not.toMatch(/dist\/|node:/);
    });

    brief('is refused by a check with the same words', async () => {
      const { code, errors } = await new Command(['check', fixture(app)], {}).ended;
      expect({ code, errors }).toEqual({ code: 4, errors: expect.stringMatching(words) });
    });
  },
);

brief('a release that is no app never replaces a good one', async () => {
  const current = path.join(directory, 'app.cjs');
  fs.symlinkSync(fixture('makes-an-app.cjs'), `${current}.bad`);
  fs.symlinkSync(fixture('says-hello.mjs'), current);
  const server = await startServer(current);
  fs.renameSync(`${current}.bad`, current);
  expect(await server.reload()).toMatchObject({
    outcome: 'rolled-back',
    reason: expect.stringContaining('it returned an Express app'),
  });
  expect((await fetch(server.origin)).status).toBe(200);
});

brief(
  'a handler that throws at the probe is reported with its own error, and its stack without a frame of ours',
  async () => {
    const server = new TestServer(fixture('throws-at-its-status.mjs'), {
      args: ['--probe-attempts', '1', '--boot-timeout', '8s'],
    });
    const words = /^\/_status: Error: the database is away at .*throws-at-its-status\.mjs:3$/;
    expect(String((await server.event('broken')).reason)).toMatch(words);
    expect(await server.exited).toBe(3);
    expect(String(server.of('stopping').at(-1)?.msg)).toContain('/_status: Error: the database is away at ');
    expect(server.output).toMatch(
      /GET \/_status: Error: the database is away\n\s+at .*throws-at-its-status\.mjs:3/,
    );
    expect(server.output).not.toMatch(/dist\/|node:/);
  },
);
