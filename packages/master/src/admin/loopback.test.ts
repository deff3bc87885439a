import { isOwnName } from './loopback.ts';

test.each([
  undefined,
  '127.0.0.1:9464',
  '10.0.0.5',
  '[::1]:9464',
  '[::1]',
  'localhost:9464',
  'LocalHost',
  'app.localhost:9464',
])('no web page can make %s point here', (host) => {
  expect(isOwnName(host)).toBe(true);
});

test.each([
  'evil.example',
  'evil.example:9464',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'notlocalhost',
  '',
  '[evil]',
])('a web page may have made %j point here', (host) => {
  expect(isOwnName(host)).toBe(false);
});
