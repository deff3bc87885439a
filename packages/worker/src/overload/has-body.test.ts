import type http from 'node:http';
import { hasBody } from './has-body.ts';

test.each([
  [{ headers: {} }, false],
  [{ headers: { 'content-length': '0' } }, false],
  [{ headers: { 'content-length': '2000' } }, true],
  [{ headers: { 'transfer-encoding': 'chunked' } }, true],
  [{ headers: {}, stream: { endAfterHeaders: false } }, true],
  [{ headers: { 'content-length': '0' }, stream: { endAfterHeaders: true } }, false],
])('the head %j announces a body: %s', (request, expected) =>
  expect(hasBody(request as unknown as http.IncomingMessage)).toBe(expected),
);
