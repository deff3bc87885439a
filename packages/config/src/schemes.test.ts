import { formatAddress, parseAddress } from '@tshorn/core';
import { withSchemes } from './schemes.ts';

const bind = (...texts: string[]) => texts.map((text) => parseAddress(text));
const pair = { certfile: ['a.pem'], keyfile: ['a.key'] };
const none = { certfile: [], keyfile: [] };
const schemes = (given: Partial<Parameters<typeof withSchemes>[0]>) =>
  withSchemes({
    bind: bind(':8000'),
    ...none,
    redirectHttp: '',
    certReqs: 'none',
    caCerts: undefined,
    ...given,
  }).map(formatAddress);

test.each([
  [none, [':80', 'http://:81', 'unix:/a'], [':80', ':81', 'unix:/a']],
  [pair, [':443', 'unix:/a', 'systemd:web'], ['https://:443', 'https://unix:/a', 'https://systemd:web']],
  [pair, ['http://:80', 'https://:443'], [':80', 'https://:443']],
])('with %j, %j is %j', (files, given, result) =>
  expect(schemes({ ...files, bind: bind(...given) })).toEqual(result),
);

test('https without a certificate is refused, and the words say how it is given', () =>
  expect(() => schemes({ bind: bind('https://:443') })).toThrow(
    'bind: https://:443 needs a certificate, and there is no --certfile',
  ));

test('each certificate needs its key', () =>
  expect(() => schemes({ certfile: ['a.pem', 'b.pem'], keyfile: ['a.key'] })).toThrow(
    'there are 2 --certfile and 1 --keyfile',
  ));

test('a redirect needs an https address', () => {
  const redirectHttp = parseAddress(':80') as never;
  expect(schemes({ ...pair, redirectHttp })).toEqual(['https://:8000']);
  expect(() => schemes({ ...pair, bind: bind('http://:8000'), redirectHttp })).toThrow('nowhere to send');
});

test.each([
  [':8443', ':8443'],
  [':8443', '127.0.0.1:8443'],
  ['unix:/a', 'unix:/a'],
])('a redirect from %s needs another address than --bind %s', (from, to) =>
  expect(() => schemes({ ...pair, bind: bind(to), redirectHttp: parseAddress(from) as never })).toThrow(
    `redirect-http: ${from} is taken by --bind https://${to}`,
  ),
);

test('a redirect and --bind share a host, or ask the kernel for ports', () => {
  const redirected = (from: string, to: string) =>
    schemes({ ...pair, bind: bind(to), redirectHttp: parseAddress(from) as never });
  expect(redirected('127.0.0.1:80', '127.0.0.1:443')).toEqual(['https://127.0.0.1:443']);
  expect(redirected('127.0.0.1:443', '127.0.0.2:443')).toEqual(['https://127.0.0.2:443']);
  expect(redirected(':0', ':0')).toEqual(['https://:0']);
});

test('client certificates need authorities', () => {
  expect(() => schemes({ ...pair, certReqs: 'required' })).toThrow('cert-reqs: required needs authorities');
  expect(schemes({ ...pair, certReqs: 'optional', caCerts: 'ca.pem' })).toEqual(['https://:8000']);
});
