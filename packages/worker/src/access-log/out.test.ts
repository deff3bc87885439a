import { ascii, Out } from './out.ts';

const written = (write: (out: Out) => void): string => {
  const out = new Out();
  write(out);
  return out.take().toString('latin1');
};

test.each([0, 7, 10, 99, 100, 999, 1_000, 123_456, 999_999_999, 1_000_000_000, Number.MAX_SAFE_INTEGER])(
  'the number %d',
  (number) => {
    expect(written((out) => out.number(number))).toBe(String(number));
  },
);

test.each([
  [0, '0.000'],
  [0.0004, '0.000'],
  [0.0005, '0.001'],
  [1.9999, '2.000'],
  [1_234.5678, '1234.568'],
  [86_400_000, '86400000.000'],
  [10_000_000_000.5, '10000000000.500'],
])('%d milliseconds are %s', (ms, text) => {
  expect(written((out) => out.micros(ms))).toBe(text);
});

test('a text that is not plain leaves nothing behind', () => {
  for (const text of ['a"', 'b\\', 'c\n', 'd\x7f', 'e\xe9', 'f\u{1f600}']) {
    expect(written((out) => void out.plain(text))).toBe('');
  }
  expect(written((out) => void out.plain(' ~!#'))).toBe(' ~!#');
});

test.each([0, 1, 7, 8, 9, 16, 100])(
  'a text of %d bytes that is written often is written as it is',
  (length) => {
    const text = Array.from({ length }, (_, at) => String.fromCharCode(at % 0x80)).join('');
    const out = new Out();
    for (const part of ['<', '>']) {
      out.ascii(part);
      out.write(ascii(text));
    }
    const again = out.copy(1);
    out.write(again);
    expect(out.take().toString('latin1')).toBe(`<${text}>${text}${text}>${text}`);
  },
);

test('it grows with what is written, and is empty once that is taken', () => {
  const out = new Out();
  const parts = ['x'.repeat(60_000), 'y'.repeat(100_000), 'z'];
  for (const part of parts) out.ascii(part);
  out.write(ascii('w'.repeat(200_000)));
  expect(out.take().toString()).toBe(`${parts.join('')}${'w'.repeat(200_000)}`);
  expect(out.length).toBe(0);
  out.ascii('again');
  expect(out.take().toString()).toBe('again');
});
