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

test('client certificates need authorities', () => {
  expect(() => schemes({ ...pair, certReqs: 'required' })).toThrow('cert-reqs: required needs authorities');
  expect(schemes({ ...pair, certReqs: 'optional', caCerts: 'ca.pem' })).toEqual(['https://:8000']);
});
