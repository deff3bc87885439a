import fs from 'node:fs';
import path from 'node:path';
import { ACCESS_FIELDS, ACCESS_TEMPLATES, ATOMS, parseAccessFormat } from './access-format.ts';

test('a template is texts and atoms', () => {
  expect(parseAccessFormat('a %(h)s"%({X-Own}i)s"%({HOME}e)s%%%({slot}x)s')).toEqual([
    'a ',
    { atom: 'h' },
    '"',
    { atom: 'i', name: 'x-own' },
    '"',
    { atom: 'e', name: 'HOME' },
    '%',
    { atom: 'x', name: 'slot' },
  ]);
});

test.each(Object.keys(ACCESS_TEMPLATES))('the format %s can be read', (name) => {
  expect(() => parseAccessFormat(ACCESS_TEMPLATES[name as 'common'])).not.toThrow();
});

test.each([
  ['%(S)s', '"%(S)s", which is no atom; did you mean %(s)s?'],
  ['%(d)s', 'did you mean %(D)s?'],
  ['%(status)s', 'did you mean %({status}x)s?'],
  ['%(url)s', 'did you mean %(U)s?'],
  ['%(h)d', '"%(h)d", which is no atom; did you mean %(h)s'],
  ['%(h)', '"%(h)", which is no atom; did you mean %(h)s'],
  ['%h', '"%h", which is no atom; did you mean %(h)s'],
  ['%(x-request-id)s', 'did you mean %({x-request-id}i)s?'],
  ['%({duration}x)s', 'did you mean %(L)s or %({durationMs}x)s?'],
  ['%({user-agent}z)s', 'did you mean %({user-agent}i)s?'],
  ['%(zzz)s', 'atoms are %(X)s with X one of h l u'],
  ['100%', '"%", which is no atom'],
  ['%(constructor)s', '"%(constructor)s", which is no atom'],
  ['%({}i)s', '"%({}i)s", which is no atom'],
])('%s is refused with what is near', (template, text) => {
  expect(() => parseAccessFormat(`%(h)s ${template}`)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION', message: expect.stringContaining(text) }),
  );
});

describe('docs/access-log.md', () => {
  const page = fs.readFileSync(path.join(__dirname, '../../../docs/access-log.md'), 'utf8');
  const cells = page.split('\n').filter((line) => line.startsWith('| `'));

  test.each([...ACCESS_FIELDS])('has the field %s in its table', (field) => {
    expect(cells.some((row) => row.split(' | ')[0]?.includes(`\`${field}\``))).toBe(true);
  });

  test.each(Object.keys(ATOMS))('has the atom %s in its table', (atom) => {
    expect(cells.some((row) => row.includes(`\`%(${atom})s\` |`))).toBe(true);
  });
});
