import { resolveConfig } from './resolve.ts';

const resolve = (overrides: object, env = {}) =>
  resolveConfig({ env, cwd: '/srv', overrides: { app: 'a.js', ...overrides } });

test('an empty name of a certificate is an error, and not a server without TLS', async () => {
  await expect(resolve({ certfile: '', keyfile: '' })).rejects.toThrow(/certfile: got ""; expected the path/);
  await expect(resolve({ certfile: ['a.pem'], keyfile: [''] })).rejects.toThrow(/keyfile: got ""; expected/);
  const { config } = await resolve({ certfile: ['a.pem'], keyfile: 'a.key' }, { TSHORN_CERTFILE: '' });
  expect([config.certfile, config.keyfile]).toEqual([['/srv/a.pem'], ['/srv/a.key']]);
});
