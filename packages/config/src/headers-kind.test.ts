import { renderConfig } from './render/config.ts';
import { resolveConfig } from './resolve.ts';

const resolve = (more: Partial<Parameters<typeof resolveConfig>[0]>) =>
  resolveConfig({ argv: ['a.js'], env: {}, cwd: '/nowhere', ...more });

const TWO = [
  { name: 'Accept', value: 'text/html, text/plain' },
  { name: 'X-Empty', value: '' },
];

test.each([
  [
    'flags',
    { argv: ['a.js', '--status-header', 'Accept: text/html, text/plain', '--status-header=X-Empty:'] },
  ],
  [
    'the environment, one in each line',
    { env: { TSHORN_STATUS_HEADER: 'Accept: text/html, text/plain\nX-Empty:' } },
  ],
  ['the config file', { overrides: { statusHeader: ['Accept:text/html, text/plain', 'X-Empty: '] } }],
])('headers come from %s, with the commas of their values', async (_from, request) => {
  expect((await resolve(request)).config.statusHeader).toEqual(TWO);
});

test('none by default, and by --no-status-header', async () => {
  expect((await resolve({})).config.statusHeader).toEqual([]);
  const env = { TSHORN_STATUS_HEADER: 'A: b' };
  const argv = ['a.js', '--no-status-header'];
  expect((await resolve({ env, argv })).config.statusHeader).toEqual([]);
});

test.each([
  ['x', '--status-header: got "x", which has no colon; expected a header such as "Accept: application/json"'],
  [
    'a b: c',
    '--status-header: "a b" is no name of a header; expected a header such as "Accept: application/json"',
  ],
  ['A: secret\u0000', '--status-header: the value of "A" has characters that no header may have'],
  ['A: sécrët ☂', '--status-header: the value of "A" has characters that no header may have'],
  ['Connection: close', '--status-header: "Connection" cannot be set: it belongs to the connection'],
])('%j is refused with one clear sentence, and no value is shown', async (header, message) => {
  await expect(resolve({ argv: ['a.js', '--status-header', header] })).rejects.toMatchObject({ message });
});

test('--print-config shows the names alone', async () => {
  const resolved = await resolve({ argv: ['a.js', '--status-header', 'Authorization: Bearer secret'] });
  const text = renderConfig(resolved);
  expect(text).toMatch(/^statusHeader +Authorization: \.\.\. +command line$/m);
  expect(text).not.toContain('secret');
});
