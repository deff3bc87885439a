import { excerptOf } from './probe-excerpt.ts';

const failed = { code: 500, status: '500 Internal Server Error' };

test.each([
  ['a text', 'the database\r\n  is away\u001b[2J\u0007', ': the database is away[2J'],
  ['nothing', '', ''],
  ['the status once more', 'Internal Server Error\n', ''],
  ['half a character at the end', Buffer.from('é').subarray(0, 1).toString(), ''],
  [
    'a page',
    '<!DOCTYPE html><html><head><title>Error</title></head><body><style>p{}</style><pre>TypeError: x &lt; 1<br> &nbsp; at</pre></body></html>',
    ': TypeError: x < 1 at',
  ],
  [
    "Express's page of an error, down to the first frame",
    '<html><body><pre>Error: away<br> &nbsp; &nbsp;at /srv/app.js:2:58<br> &nbsp; &nbsp;at next (/srv/x.js:1:1)</pre>\n</body>\n</html>',
    ': Error: away at /srv/app.js:2:58',
  ],
  ['a page that is cut in its styles', '<!doctype html><style>p { color: red', ''],
])('%s', (_what, body, excerpt) => expect(excerptOf({ ...failed, body })).toBe(excerpt));

test('200 characters are enough', () => {
  expect(excerptOf({ ...failed, body: 'x'.repeat(300) })).toBe(`: ${'x'.repeat(200)}...`);
});

test('a compressed body is left out', () => {
  expect(excerptOf({ ...failed, body: 'abc', headers: { 'content-encoding': 'gzip' } })).toBe('');
});
