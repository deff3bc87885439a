import { OPTIONS } from './options.ts';
import { resolveConfig } from './resolve.ts';
import type { UserConfig } from './user-config.ts';

const { accessLogFormat, trustedProxies } = OPTIONS;

test.each(['json', 'combined', 'common', '%(h)s', '%(h)s\t%(s)s'])('%s is a format', (format) => {
  expect(accessLogFormat.kind.parse(format)).toBe(format);
});

test.each(['', 'jsn', 'plain text', 7])('%j is none', (format) => {
  expect(() => accessLogFormat.kind.parse(format)).toThrow();
});

test.each([
  ['10.0.0.0/8, loopback,unix', ['10.0.0.0/8', 'loopback', 'unix']],
  [
    ['192.0.2.7', '2001:db8::/32,private'],
    ['192.0.2.7', '2001:db8::/32', 'private'],
  ],
  ['', []],
  [[''], []],
  [[], []],
])('the proxies %j', (input, expected) => {
  expect(trustedProxies.kind.parse(input)).toEqual(expected);
});

test.each([
  '10.0.0.0/33',
  '::/129',
  '10.0.0/8',
  'proxy.example.com',
  '10.0.0.0/',
  'fe80::1%eth0',
  '10.0.0.1:80',
  ',',
  'loopback,,unix',
  'loopback,',
  ' ',
])('%s is no proxy', (input) => {
  expect(() => trustedProxies.kind.parse(input)).toThrow(/expected addresses/);
});

test.each([
  ['*', /got "\*"; every address is 0\.0\.0\.0\/0,::\/0/],
  ['localhost', /got "localhost"; did you mean loopback\?/],
])('%s is answered with what it is called here', (input, text) => {
  expect(() => trustedProxies.kind.parse(input)).toThrow(text);
});

test('a network with an address of it is taken, and told as the network that it is', async () => {
  const argv = [
    'app.js',
    '--access-log',
    '-',
    '--trusted-proxies',
    '10.1.2.3/8,192.0.2.7/32,2001:db8::/32,10.0.0.0/8',
  ];
  const { warnings } = await resolveConfig({ argv, env: {}, cwd: '/' });
  expect(warnings).toEqual(['--trusted-proxies: 10.1.2.3/8 is the network 10.0.0.0/8']);
});

const accessLogOf = async (...argv: string[]) =>
  (await resolveConfig({ argv: ['app.js', '--chdir', '/', ...argv], env: {}, cwd: '/' })).config.accessLog;

test('the file is absolute, and - is standard output', async () => {
  expect(await accessLogOf('--access-log', 'var/access.log')).toBe('/var/access.log');
  expect(await accessLogOf('--access-log', '-')).toBe('-');
  expect(await accessLogOf()).toBe('');
});

test.each(['--check-config', '--watch'])('%s is no file, but the next option', async (word) => {
  await expect(accessLogOf('--access-log', word)).rejects.toThrow('--access-log: its value is missing');
});

test('a file whose name begins with a dash is given with an equals sign', async () => {
  expect(await accessLogOf('--access-log=-log')).toBe('/-log');
  expect(await accessLogOf('--access-log=-')).toBe('-');
});

test.each([[false], [null], ['']])('%j in a config file says none, as --no-access-log does', async (none) => {
  const overrides = {
    accessLog: none,
    pidFile: none,
    accessLogSkip: none,
    trustedProxies: none,
  } as UserConfig;
  const { config, given } = await resolveConfig({
    argv: ['app.js', '--chdir', '/'],
    env: {},
    cwd: '/',
    overrides,
  });
  expect(config).toMatchObject({ accessLog: '', pidFile: undefined, accessLogSkip: [], trustedProxies: [] });
  expect(given.has('accessLogSkip')).toBe(true);
});

test('what is no file is refused with the word for none', async () => {
  const overrides = { accessLog: 7 } as unknown as UserConfig;
  await expect(resolveConfig({ argv: ['app.js'], env: {}, cwd: '/', overrides })).rejects.toThrow(
    "or '' for none",
  );
});

test('of two files the last one counts, and the warning says so', async () => {
  const argv = ['app.js', '--access-log', 'a', '--access-log', 'b', '--admin', ':1', '--admin', ':2'];
  const { config, warnings } = await resolveConfig({ argv, env: {}, cwd: '/' });
  expect(config.accessLog).toBe('/b');
  expect(warnings).toEqual(['--access-log is given 2 times: b counts']);
});

test.each(['%(m)s\n', '%(m)s \xe9', '\x07%(m)s', '%(m)s \u{1f600}'])(
  'a line of %j is no line of ASCII',
  (format) => {
    expect(() => accessLogFormat.kind.parse(format)).toThrow(
      /^the format has ".+"; expected printable ASCII and tabs/,
    );
  },
);

test('--access-log-file is --access-log', async () => {
  await expect(accessLogOf('--access-log-file', 'x')).rejects.toThrow('did you mean --access-log?');
});

test('an atom that does not exist is refused with the place where it stands', async () => {
  await expect(accessLogOf('--access-log-format', '%(S)s')).rejects.toThrow(
    '--access-log-format: the format has "%(S)s", which is no atom; did you mean %(s)s?',
  );
});

test.each([
  ['healthz', 'got "healthz"; expected whole paths'],
  ['/app#live', 'got "/app#live"; expected whole paths'],
  ['/a?b', 'got "/a?b"; expected whole paths'],
  ['/static/*', 'got "/static/*"; expected whole paths'],
])('--access-log-skip %s is refused: no request has that path', async (path, text) => {
  await expect(accessLogOf('--access-log', '-', '--access-log-skip', path)).rejects.toThrow(text);
});

test('options of an access log that is not written are told, where the command line gives them', async () => {
  const options = ['--access-log-format', 'json', '--trusted-proxies', 'loopback'];
  const warningsOf = async (...argv: string[]) =>
    (await resolveConfig({ argv: ['app.js', '--chdir', '/', ...argv], env: {}, cwd: '/' })).warnings;
  expect(await warningsOf(...options)).toEqual(['--access-log-format has no effect without --access-log']);
  expect(await warningsOf(...options, '--access-log', '-')).toEqual([]);
});
