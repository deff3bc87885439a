import { cutOff } from './pem.ts';

const block = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
const two = `text\n${block('CERTIFICATE')}more\n${block('PRIVATE KEY')}`;

test('whole blocks, with any text between, are not cut off', () => {
  expect(cutOff(two)).toBeUndefined();
  expect(cutOff(two.trimEnd())).toBeUndefined();
  expect(cutOff(two.replaceAll('\n', '\r\n'))).toBeUndefined();
  expect(cutOff('')).toBeUndefined();
});

test('a file that ends anywhere within a block is cut off', () => {
  const begin = two.indexOf('-----BEGIN PRIVATE');
  for (let end = begin + 1; end < two.trimEnd().length; end++)
    expect([end, cutOff(two.slice(0, end))]).toEqual([
      end,
      expect.stringMatching(/^P(?:RIVATE KEY|EM block)$/),
    ]);
});

test('a block that another one begins in is cut off', () =>
  expect(cutOff(`-----BEGIN CERTIFICATE-----\nAAAA\n${block('CERTIFICATE')}`)).toBe('CERTIFICATE'));
