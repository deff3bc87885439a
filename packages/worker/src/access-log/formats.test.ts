/** The texts of a line: what a stranger has sent never makes two of it, and never ends the field that it stands in. */
import type http from 'node:http';
import { escapeText, LONGEST_FIELD, quote } from './escape.ts';
import * as json from './json.ts';
import type { Format, Line, Writer } from './line.ts';
import { Out } from './out.ts';
import * as template from './template.ts';

/** The bytes that a format writes, as text. */
const textOf = (format: Format) => {
  const out = new Out();
  return (line: Line): string => {
    format(line, out);
    return out.take().toString('latin1');
  };
};
const jsonFormat = (writer: Writer) => textOf(json.jsonFormat(writer, 'abc-'));
const templateFormat = (text: string, writer: Writer, environment: Record<string, string>) =>
  textOf(template.templateFormat(text, writer, 'abc-', environment));

const WRITER = { slot: 2, generation: 7, pid: 4711 };

const line = (more: Partial<Line> = {}): Line => ({
  now: Date.UTC(2026, 10, 29, 2, 57, 3, 45),
  id: undefined,
  sequence: 1,
  trace: undefined,
  client: '192.0.2.7',
  method: 'GET',
  target: '/a?b=c',
  version: '1.1',
  status: 200,
  bytes: 12,
  durationMs: 1_234.5678,
  firstByteMs: 0.5,
  headers: {},
  response: undefined,
  moved: false,
  closed: undefined,
  ...more,
});

const NASTY = [
  'plain',
  'a "quoted" \\ text',
  'one\r\ntwo',
  '\0\x1b[31m\x7f\x85',
  'caf\xe9 \u2028 \u{1f600}',
  '","status":500,"x":"',
  '%(h)s %n',
  'x'.repeat(100_000),
];

const headers = (text: string): http.IncomingHttpHeaders => ({
  'user-agent': text,
  referer: text,
  'x-own': text,
});

test('a header that comes again and again is written as at first', () => {
  for (const format of [jsonFormat(WRITER), templateFormat('combined', WRITER, {})]) {
    for (const text of ['', ...NASTY]) {
      const first = format(line({ headers: headers(text) }));
      for (let again = 0; again < 3; again++) expect(format(line({ headers: headers(text) }))).toBe(first);
    }
  }
});

test.each(NASTY)('JSON of %j is one line of ASCII, and has the text again', (text) => {
  const written = jsonFormat(WRITER)(line({ target: text, headers: headers(text) }));
  expect(written).toMatch(/^[ -~]+\n$/);
  const read = JSON.parse(written);
  const expected = text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}...` : text;
  expect(read).toMatchObject({ target: expected, userAgent: expected, referer: expected, status: 200 });
});

test.each(NASTY)('the combined format of %j is one line of ASCII with as many fields as ever', (text) => {
  const written = templateFormat('combined', WRITER, {})(line({ target: text, headers: headers(text) }));
  expect(written).toMatch(/^[ -~]+\n$/);
  expect(written).toMatch(
    /^\S+ - - \[\S+ [+-]\d{4}\] "(?:[^"\\]|\\.)*" 200 12 "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"\n$/,
  );
  expect(written.length).toBeLessThan(4 * 3 * LONGEST_FIELD);
});

test('fields that a request does not have are left out', () => {
  expect(JSON.parse(jsonFormat(WRITER)(line()))).toEqual({
    event: 'request',
    time: '2026-11-29T02:57:03.045Z',
    slot: 2,
    generation: 7,
    pid: 4711,
    id: 'abc-1',
    client: '192.0.2.7',
    method: 'GET',
    target: '/a?b=c',
    protocol: 'HTTP/1.1',
    status: 200,
    bytes: 12,
    durationMs: 1234.568,
    firstByteMs: 0.5,
  });
});

test('a request line that could not be read is left out of JSON, and is `-` elsewhere', () => {
  const unread = line({ method: '', target: '', version: '', status: 400 });
  const read = JSON.parse(jsonFormat(WRITER)(unread));
  expect(Object.keys(read)).toEqual(expect.not.arrayContaining(['method', 'target', 'protocol']));
  const format = templateFormat('"%(r)s" %(m)s %(U)s %(H)s %({target}x)s', WRITER, {});
  expect(format(unread)).toBe('"-" - - - -\n');
  expect(format(line({ version: '' }))).toBe('"GET /a?b=c" GET /a - /a?b=c\n');
});

test('a field says the same in a template as in JSON', () => {
  const format = templateFormat('%({moved}x)s %({closed}x)s', WRITER, {});
  expect(format(line({ moved: true, closed: 'server' }))).toBe('true server\n');
});

test('those that few have are there when they have them', () => {
  const format = jsonFormat({ ...WRITER, release: 'v "3"' });
  const full = { trace: 'a'.repeat(32), moved: true, closed: 'client', firstByteMs: Number.NaN } as const;
  const read = JSON.parse(format(line(full)));
  expect(read).toMatchObject({ release: 'v "3"', trace: 'a'.repeat(32), moved: true, closed: 'client' });
  expect(read).not.toHaveProperty('firstByteMs');
});

test('the user agent of one request is not that of the next', () => {
  const format = jsonFormat(WRITER);
  const agents = ['a', 'a', undefined, 'b'].map(
    (agent) =>
      JSON.parse(format(line({ headers: agent === undefined ? {} : { 'user-agent': agent } }))).userAgent,
  );
  expect(agents).toEqual(['a', 'a', undefined, 'b']);
});

const basic = `Basic ${Buffer.from('al"ice:secret').toString('base64')}`;

test.each([
  ['%(h)s|%(l)s|%(u)s', '192.0.2.7|-|-'],
  ['%(r)s|%(m)s|%(U)s|%(q)s|%(H)s', 'GET /a?b=c HTTP/1.1|GET|/a|b=c|HTTP/1.1'],
  ['%(s)s|%(B)s|%(b)s', '200|12|12'],
  ['%(T)s|%(M)s|%(D)s|%(L)s', '1|1234|1234568|1.234568'],
  ['%(p)s|%({HOME}e)s|%({NONE}e)s', '<4711>|/root|-'],
  ['%({X-Own}i)s|%({Cookie}i)s|%({x-own}o)s', 'own|-|-'],
  ['%({slot}x)s|%({generation}x)s|%({release}x)s|%({id}x)s|%({trace}x)s', '2|7|-|abc-1|-'],
  ['%({durationMs}x)s|%({firstByteMs}x)s|%({moved}x)s|%({closed}x)s', '1234.568|0.500|-|-'],
  ['%({time}x)s 100%%\t"x"', '2026-11-29T02:57:03.045Z 100%\t"x"'],
])('the template %s', (template, text) => {
  const format = templateFormat(template, WRITER, { HOME: '/root' });
  expect(format(line({ headers: { 'x-own': 'own' } }))).toBe(`${text}\n`);
});

test.each([
  ['http://example.com/a?b=c', '/a b=c'],
  ['/a', '/a '],
  ['*', '* '],
])('the path and the query of %s', (target, text) => {
  expect(templateFormat('%(U)s %(q)s', WRITER, {})(line({ target }))).toBe(`${text}\n`);
});

test('a user is there without the password, and `-` stands for no bytes', () => {
  const format = templateFormat('%(u)s %(b)s %(B)s', WRITER, {});
  expect(format(line({ headers: { authorization: basic }, bytes: 0 }))).toBe('al\\"ice - 0\n');
});

test('a user with a space shifts no field', () => {
  const format = templateFormat('combined', WRITER, {});
  const authorization = `Basic ${Buffer.from('bob [01/Jan/2000:x').toString('base64')}`;
  expect(format(line({ headers: { authorization } }))).toMatch(
    /^192\.0\.2\.7 - bob\\x20\[01\/Jan\/2000 \[29\/Nov/,
  );
});

test('the time of day goes on from one second to the next', () => {
  const format = templateFormat('%({time}x)s', WRITER, {});
  const times = [999, 1_000, 1_001].map((now) => format(line({ now })));
  expect(times).toEqual([
    '1970-01-01T00:00:00.999Z\n',
    '1970-01-01T00:00:01.000Z\n',
    '1970-01-01T00:00:01.001Z\n',
  ]);
});

test('the first byte is looked at only for those formats that tell it', () => {
  expect(['json', '%({firstByteMs}x)s', 'combined', '%(D)s'].map(template.wantsFirstByte)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a text is escaped to the byte', () => {
  expect(escapeText('\xe9\u20ac"\\\n\t')).toBe('\\xe9\\xe2\\x82\\xac\\"\\\\\\x0a\\x09');
  expect(quote('\x7f\u20ac\ud800')).toBe('"\\u007f\\u20ac\\ud800"');
});
