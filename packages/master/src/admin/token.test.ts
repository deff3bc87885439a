import crypto from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readToken, Token } from './token.ts';

const TEXT = 'a-token-of-some-length';
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

afterEach(() => jest.restoreAllMocks());

test.each([
  [`Bearer ${TEXT}`, true],
  [`bearer  ${TEXT} `, true],
  [basic(`anybody:${TEXT}`), true],
  [basic(`:${TEXT}`), true],
  [`Bearer ${TEXT}x`, false],
  [`Bearer ${TEXT.slice(0, -1)}`, false],
  [basic(TEXT), false],
  [basic(`${TEXT}:`), false],
  [`Digest ${TEXT}`, false],
  [TEXT, false],
  ['Bearer ', false],
  ['', false],
  [undefined, false],
])('%j is allowed: %j', (header, isAllowed) => {
  expect(new Token(TEXT).allows(header)).toBe(isAllowed);
});

test('a guess is compared in constant time, whatever its length and however much of it is right', () => {
  const token = new Token(TEXT);
  const compare = jest.spyOn(crypto, 'timingSafeEqual');
  const guesses = ['x', TEXT.slice(0, 4), `${TEXT}${'x'.repeat(4_000)}`, TEXT.replace(/.$/, 'x'), TEXT];
  for (const guess of guesses) token.allows(`Bearer ${guess}`);
  expect(compare.mock.calls.map(([got, own]) => [got.byteLength, own.byteLength])).toEqual(
    guesses.map(() => [32, 32]),
  );
});

describe('its file', () => {
  let file: string;
  beforeEach(() => {
    file = path.join(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-token-')), 'token');
  });
  afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }));

  test('the first line is the token', () => {
    fs.writeFileSync(file, ` ${TEXT}\r\nsomething else\n`);
    expect(readToken(file).allows(`Bearer ${TEXT}`)).toBe(true);
  });

  test.each([
    ['', 'its first line is empty'],
    [`\n${TEXT}\n`, 'its first line is empty'],
    ['seven77', 'its first line is no token'],
    ['two words of a token', 'its first line is no token'],
  ])('%j is refused: %s', (text, reason) => {
    fs.writeFileSync(file, text);
    expect(() => readToken(file)).toThrow(`admin-token: ${file}: ${reason}`);
  });

  test('one that is not there is refused', () => {
    expect(() => readToken(file)).toThrow(`admin-token: cannot read ${file}: ENOENT`);
  });
});
