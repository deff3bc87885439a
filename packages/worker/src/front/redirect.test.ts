import type { Ports } from './entry.ts';
import { locationOf } from './redirect.ts';

const PORTS = { http: 80, https: 443 };
const ask = (url: string, host: string | readonly string[], ports: Ports = PORTS) =>
  locationOf({ url, rawHeaders: [host].flat().flatMap((value) => ['Host', value]) }, ports);

test.each([
  ['/', 'example.com', 'https://example.com/'],
  ['/a?b=c&d', 'example.com:80', 'https://example.com/a?b=c&d'],
  ['//evil.example/x', 'example.com', 'https://example.com//evil.example/x'],
  ['/\\evil.example', 'example.com', 'https://example.com/%5Cevil.example'],
  ['/\u00e4"<', 'my_app.local.', 'https://my_app.local./%E4%22%3C'],
  ['/', '[::1]', 'https://[::1]/'],
  ['http://other.example/a', 'example.com', 'https://other.example/a'],
  ['http://other.example', 'example.com', 'https://other.example/'],
  ['http://other.example?q', 'example.com', 'https://other.example/?q'],
])('%s of %s goes to %s', (url, host, location) => expect(ask(url, host)).toBe(location));

test.each([
  ['/', ''],
  ['/', []],
  ['/', ['a.example', 'b.example']],
  ['/', 'evil.example/x'],
  ['/', 'evil.example@good.example'],
  ['/', 'a.example\r\nSet-Cookie: x=1'],
  ['/', 'a.example#'],
  ['/', 'a b'],
  ['/', 'a.example:99999'],
  ['/', 'a.example:80x'],
  ['/', '[::1'],
  ['/', '[1.2.3.4.5]'],
  ['/', '-a.example'],
  ['/', `${'a'.repeat(300)}.example`],
  ['*', 'example.com'],
  ['example.com:443', 'example.com'],
  ['https://other.example/', 'example.com'],
  ['http://a@other.example/', 'example.com'],
  ['javascript:alert(1)', 'example.com'],
])('%s of %j is refused', (url, host) => expect(ask(url, host)).toBeUndefined());

test('the port of https is named where the client knows this listener by its own port', () => {
  const ports = { http: 8080, https: 8443 };
  expect(ask('/', 'example.com:8080', ports)).toBe('https://example.com:8443/');
  expect(ask('/', 'example.com', ports)).toBe('https://example.com/');
  expect(ask('/', 'example.com:80', { http: 80, https: 8443 })).toBe('https://example.com:8443/');
  expect(ask('/', 'example.com', { https: 8443 })).toBe('https://example.com/');
});
