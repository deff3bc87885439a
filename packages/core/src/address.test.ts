import { formatAddress, parseAddress, placeOf, spoken } from './address.ts';

test.each([
  ['https://127.0.0.1:8443', { kind: 'tcp', host: '127.0.0.1', port: 8443, scheme: 'https' }],
  ['https://[::1]:8443', { kind: 'tcp', host: '::1', port: 8443, scheme: 'https' }],
  ['https://:443', { kind: 'tcp', host: '', port: 443, scheme: 'https' }],
  ['http://:80', { kind: 'tcp', host: '', port: 80, scheme: 'http' }],
  ['https://unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock', scheme: 'https' }],
  ['https://systemd:web', { kind: 'systemd', name: 'web', scheme: 'https' }],
  [':80', { kind: 'tcp', host: '', port: 80 }],
])('%s is read, and written as it was', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
  expect(formatAddress(parseAddress(text))).toBe(text);
});

test('the case of a scheme does not count', () =>
  expect(formatAddress(parseAddress('HTTPS://:443'))).toBe('https://:443'));

test.each([
  ['https://'],
  ['ftp://:21'],
  ['https://https://:443'],
  ['https://:443/'],
  ['https:/:443'],
  ['https:443'],
  ['HTTP:80'],
])('%s is no address', (text) => expect(() => parseAddress(text)).toThrow(/is not an address/));

test('a scheme without slashes is no host', () =>
  expect(() => parseAddress('https:8443')).toThrow(
    'bind: "https:8443" is not an address: a scheme has two slashes behind its colon: https://:8443',
  ));

test('a place is the same with and without a scheme', () => {
  const secure = parseAddress('https://:443');
  expect(placeOf(secure)).toEqual(parseAddress(':443'));
  expect(spoken(parseAddress(':443'), 'https')).toEqual(secure);
  expect(spoken(secure, 'http')).toEqual(parseAddress(':443'));
});
