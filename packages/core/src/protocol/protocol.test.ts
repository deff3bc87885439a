import { BUCKETS } from '../sample.ts';
import { envelope } from './envelope.ts';
import { oneLine } from './fields.ts';
import { readToMaster } from './to-master.ts';
import { readToWorker } from './to-worker.ts';

const remaining = (left: unknown) => readToMaster(envelope({ type: 'remaining', left }));
const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${'b'.repeat(n)}`, 1]));

it.each([[{}], [{ queue: 1, 'no-resumer': 0 }]])('%j is a tally', (left) =>
  expect(remaining(left).message).toEqual({ type: 'remaining', left }),
);

it.each([
  [undefined],
  [null],
  ['queue'],
  [[]],
  [{ queue: -1 }],
  [{ queue: 1.5 }],
  [{ queue: '1' }],
  [{ queue: 1e300 }],
  [{ 'a\nline of its own': 1 }],
  [{ '': 1 }],
  [{ constructor: 1 }],
  [JSON.parse('{"__proto__": 1}')],
  [many],
])('%j is no tally: the message is malformed', (left) => {
  const { message, problem } = remaining(left);
  expect(message).toBeUndefined();
  expect(problem).toMatch(/^a malformed "remaining" message \(left(\.queue)?: expected /);
});

const resumeFailed = { type: 'resume-failed', resumer: 'websocket:/', reason: 'no' };

it('a required field is missing: the problem names it', () => {
  expect(readToMaster(envelope(resumeFailed)).problem).toBe(
    'a malformed "resume-failed" message (byApp: expected a boolean)',
  );
  const whole = { ...resumeFailed, byApp: true };
  expect(readToMaster(envelope(whole)).message).toEqual(whole);
});

it('an optional field may be missing, and must fit when it is there', () => {
  const failed = { type: 'load-failed', code: 'E', message: 'm' };
  expect(readToMaster(envelope(failed)).message).toEqual(failed);
  expect(readToMaster(envelope({ ...failed, detail: 'a\nb' })).message).toEqual({
    ...failed,
    detail: 'a\nb',
  });
  for (const detail of [null, {}, 5, ['a']]) {
    expect(readToMaster(envelope({ ...failed, detail })).problem).toContain('(detail: expected a text)');
  }
});

it('fields that no row names are dropped', () => {
  const message = envelope({ type: 'took', id: 3, more: 'x', ...JSON.parse('{"__proto__": {"id": 4}}') });
  expect(readToMaster(message).message).toEqual({ type: 'took', id: 3 });
});

it.each([
  [undefined, 'none of tshorn'],
  [null, 'none of tshorn'],
  ['text', 'none of tshorn'],
  [{ tshorn: 2, type: 'up' }, 'another version'],
  [{ tshorn: 1 }, 'without a type'],
  [{ tshorn: 1, type: 'toString' }, 'unknown message "toString"'],
  [{ tshorn: 1, type: 'a\u001b[31m' }, 'unknown message "a[31m"'],
])('%j is refused in words', (value, words) => expect(readToMaster(value).problem).toContain(words));

it('a text for people is one line without control characters, and is cut', () => {
  expect(oneLine('a\r\nb\tc\u001b[2J\u0000\u009b\u202e', 100)).toBe('a b c[2J');
  expect(oneLine('x'.repeat(5), 3)).toBe('xxx...');
  const { message } = readToMaster(envelope({ type: 'log', level: 'info', text: 'y'.repeat(1e6) }));
  expect((message as { text: string }).text).toHaveLength(8_003);
});

it('a stack keeps its lines, and nothing else that a terminal obeys', () => {
  const detail = 'Error: x\r\n\tat y\u001b[31m\n    at z\u2028';
  const { message } = readToMaster(envelope({ type: 'load-failed', code: 'E', message: 'm', detail }));
  expect((message as { detail: string }).detail).toBe('Error: x\n\tat y[31m\n    at z');
});

it('a name that would have to be changed is refused: it must match another one', () => {
  for (const resumer of ['a\nb', 'x'.repeat(5_000)]) {
    expect(readToMaster(envelope({ type: 'hand-over', id: 1, resumer })).problem).toContain('resumer');
  }
});

it('a histogram has all its buckets', () => {
  const zeros = Array.from({ length: BUCKETS }, () => 0);
  const sample = { requests: 0, serverErrors: 0, handlerErrors: 0, uncaught: 0 };
  const read = (latency: unknown) =>
    readToMaster(envelope({ type: 'sample', ...sample, waiting: zeros, latency }));
  expect(read(zeros).message).toBeDefined();
  for (const latency of [zeros.slice(1), [...zeros, 0], [...zeros.slice(1), -1], { length: BUCKETS }]) {
    expect(read(latency).problem).toContain('latency');
  }
});

it('a request in a list loses its query, and the whole list must fit', () => {
  const request = { method: 'GET', path: '/a?token=secret', ageMs: 1.6, answering: false };
  const read = (requests: unknown) => readToMaster(envelope({ type: 'late', loopDelayMs: 1, requests }));
  expect(read([request]).message).toMatchObject({ requests: [{ path: '/a', ageMs: 2 }] });
  expect(read([request, { ...request, ageMs: Number.NaN }]).problem).toContain('requests.1.ageMs');
  expect(read(Array(33).fill(request)).problem).toContain('requests: expected a list of 32 at most');
});

it('what comes from the master is checked the same way', () => {
  const drain = { type: 'drain', mode: 'graceful', deadlineMs: 1, handoff: true, park: false };
  expect(readToWorker(envelope(drain)).message).toEqual(drain);
  expect(readToWorker(envelope({ ...drain, mode: 'now' })).problem).toContain('mode');
  expect(readToWorker(envelope({ ...drain, emptyQueue: 'first' })).problem).toContain('emptyQueue');
});

const made = { type: 'certificates', revision: 1, pairs: [{ cert: 'C', key: 'K' }] };

it('certificates have pairs of texts, which arrive as they are', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
  const whole = { ...made, pairs: [{ cert: pem, key: pem }], ca: pem };
  expect(readToWorker(envelope(whole)).message).toEqual(whole);
  expect(readToWorker(envelope({ ...made, pairs: [{ cert: 'C' }] })).problem).toContain('pairs.0.key');
  const tooLong = { type: 'ticket-keys', keys: 'a'.repeat(65) };
  expect(readToWorker(envelope(tooLong)).problem).toContain('keys');
  expect(readToWorker(envelope({ type: 'ticket-keys' })).problem).toContain('keys: expected a text');
});

it('a swap is ended by its revision', () => {
  for (const use of [true, false]) {
    const order = { type: 'use-certificates', revision: 2, use };
    expect(readToWorker(envelope(order)).message).toEqual(order);
  }
  expect(readToWorker(envelope({ type: 'use-certificates', revision: 2 })).problem).toContain(
    'use: expected',
  );
  expect(readToMaster(envelope({ type: 'certificates-held', revision: 2 })).message).toBeDefined();
  const failed = readToMaster(envelope({ type: 'certificates-failed', revision: 2, reason: 'a\nb' }));
  expect(failed.message).toEqual({ type: 'certificates-failed', revision: 2, reason: 'a b' });
});

it('what is carried travels both ways, and is bounded', () => {
  const carry = 'x'.repeat(8_192);
  expect(readToMaster(envelope({ type: 'hand-over', id: 1, carry })).message).toMatchObject({ carry });
  expect(readToWorker(envelope({ type: 'take', id: 1, until: 1, carry })).message).toMatchObject({ carry });
  expect(readToMaster(envelope({ type: 'hand-over', id: 1, carry: `${carry}x` })).problem).toContain('carry');
});
