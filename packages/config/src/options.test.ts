import fs from 'node:fs';
import path from 'node:path';
import { envelope, readToWorker } from '@tshorn/core';
import { KEYS, OPTIONS, workerOptions } from './options.ts';
import { userConfigSource } from './render/user-config.ts';
import { resolveConfig } from './resolve.ts';

it('a worker gets the options whose rows are marked, and which of them somebody gave', async () => {
  const overrides = { app: 'a.js', warmUp: '/a,/b', idleLinger: '2s', workers: 3 };
  const { config, given } = await resolveConfig({ env: {}, cwd: '/nowhere', overrides });
  const sent = workerOptions(config, given);
  expect(Object.keys(sent.options)).toEqual(KEYS.filter((key) => OPTIONS[key].worker));
  expect(sent.options).toMatchObject({ idleLinger: 2_000, warmUp: ['/a', '/b'] });
  expect(sent.given).toEqual(['warmUp', 'idleLinger']);

  const order = envelope({ type: 'boot', slot: 0, generation: 1, appFile: '/a.js', ...sent });
  expect(readToWorker(JSON.parse(JSON.stringify(order))).message).toMatchObject(sent);
});

it('every value that a worker gets is plain JSON: a boot order carries nothing else', () => {
  const row = OPTIONS.idleLinger;
  for (const value of [Number.NaN, null, () => 1, { a: { b: { c: { d: { e: {} } } } } }]) {
    const order = { slot: 0, generation: 1, appFile: '/a.js', options: { idleLinger: value }, given: [] };
    expect(readToWorker(envelope({ type: 'boot', ...order })).problem).toContain('options.idleLinger');
  }
  expect(row.worker).toBe(true);
});

it('the type of a config file has the words of the rows', () => {
  const written = fs.readFileSync(path.join(__dirname, 'user-config.ts'), 'utf8');
  expect(written).toBe(userConfigSource());
  for (const key of KEYS) expect(written).toContain(`\n  ${key}?: `);
});
