import {
  DURATION_BOUNDS,
  envelope,
  MOST_OTHERS,
  MOST_SERIES,
  NO_RESPONSE,
  OTHER,
  OTHER_STATUS,
  readToMaster,
  type Series,
} from '@tshorn/core';
import type { Meter } from '../meter.ts';
import { markInProcess } from '../transport/in-process.ts';
import { markOwnAnswer } from '../transport/own-answer.ts';
import type { Exchange, ExchangeObserver } from '../transport/transport.ts';
import { Counters } from './counters.ts';
import { ROUTE } from './routes.ts';

let observer: Partial<ExchangeObserver>;
let counters: Counters;
beforeEach(() => {
  const meter = {
    listen: (listener: Partial<ExchangeObserver>) => {
      observer = listener;
      return () => {};
    },
  };
  counters = new Counters(meter as Meter);
});

const exchange = (method: string, statusCode: number, request: object = {}, socket: object = {}) =>
  ({ request: { method, ...request }, response: { statusCode }, socket }) as unknown as Exchange;
const finish = (method: string, status: number, ms = 1, request: object = {}) =>
  observer.finished?.(exchange(method, status, request), ms);
const total = ({ counts }: Series) => counts.reduce((sum, count) => sum + count, 0);
const isRead = (series: Series[]) =>
  readToMaster(envelope({ type: 'metrics', series, active: 0 })).problem === undefined;
const names = () =>
  counters
    .changed()
    .map(({ method, status, route }) => [method, status, ...(route === undefined ? [] : [route])]);

test('requests are counted by method and status, in the bucket of their duration', () => {
  finish('GET', 200, 5);
  finish('GET', 200, 5.1);
  finish('POST', 503, 20_000);
  const [get, post] = counters.changed();
  expect(get).toMatchObject({ method: 'GET', status: 200, sumMs: 10.1 });
  expect(get?.counts.slice(0, 3)).toEqual([1, 1, 0]);
  expect(post?.counts[DURATION_BOUNDS.length]).toBe(1);
});

test('a report has what has changed since the last one, and absolute counts', () => {
  finish('GET', 200);
  finish('GET', 404);
  expect(counters.changed()).toHaveLength(2);
  finish('GET', 200);
  const again = counters.changed();
  expect(again.map(total)).toEqual([2]);
  expect(counters.changed()).toEqual([]);
});

test('methods and statuses outside the known ones are one', () => {
  finish('PURGE', 200);
  finish('BREW', 200);
  finish('GET', 700);
  finish('GET', 99);
  finish('GET', Number.NaN);
  expect(names()).toEqual([
    [OTHER, 200],
    ['GET', OTHER_STATUS],
  ]);
});

test('requests that had no response are counted, with those pipelined behind them', () => {
  observer.aborted?.(exchange('GET', 200), 10, 3);
  const [series] = counters.changed();
  expect(series).toMatchObject({ method: 'GET', status: NO_RESPONSE, sumMs: 30 });
  expect(total(series as Series)).toBe(3);
});

test('requests of the worker itself are not counted', () => {
  const socket = {};
  markInProcess(socket);
  observer.finished?.(exchange('GET', 200, {}, socket), 1);
  observer.aborted?.(exchange('GET', 200, {}, socket), 1, 1);
  expect(counters.changed()).toEqual([]);
});

test('the 503 of the status path while the server leaves is no request of the app, whole or cut', () => {
  const refused = exchange('GET', 503);
  markOwnAnswer(refused.response);
  observer.finished?.(refused, 1);
  observer.aborted?.(refused, 1, 1);
  expect(counters.changed()).toEqual([]);
});

test.each([
  ['Express', { route: { path: '/users/:id' }, baseUrl: '' }, '/users/:id'],
  ['a router of Express under a path', { route: { path: '/:id' }, baseUrl: '/users' }, '/users/:id'],
  ['its index', { route: { path: '/' }, baseUrl: '/users' }, '/users'],
  ['a regular expression', { route: { path: /^\/x/ }, baseUrl: '' }, '/^\\/x/'],
  ['whoever sets it on the request', { [ROUTE]: '/things/:id' }, '/things/:id'],
])('the route is told by %s', (_, request, route) => {
  finish('GET', 200, 1, request);
  expect(names()).toEqual([['GET', 200, route]]);
});

test.each([
  ['nobody', {}],
  ['a property of that name', { route: 'x', baseUrl: 5 }],
  ['a route that is no text', { [ROUTE]: {} }],
])('there is no route where it is told by %s', (_, request) => {
  finish('GET', 200, 1, request);
  expect(names()).toEqual([['GET', 200]]);
});

test('a router of Express that is mounted under a parameter has one route after a while', () => {
  const route = { path: '/items' };
  for (let tenant = 0; tenant < 500; tenant++)
    finish('GET', 200, 1, { route, baseUrl: `/tenants/${tenant}` });
  const series = counters.changed();
  expect(series.length).toBeLessThan(30);
  expect(series.find((one) => one.route === '*/items')).toBeDefined();
});

test('series are bounded, none of their requests is lost, and the master accepts the report', () => {
  for (let at = 0; at < 1_000; at++) finish('GET', 100 + (at % 500), 1, { [ROUTE]: `/${at}` });
  finish('GET', 200, 1, { [ROUTE]: 'a\nb' });
  const series = counters.changed();
  expect(series.length).toBeLessThanOrEqual(MOST_SERIES + MOST_OTHERS);
  expect(series.map(total).reduce((sum, count) => sum + count, 0)).toBe(1_001);
  expect(isRead(series)).toBe(true);
});

test('the name of a route that the master would refuse is not told', () => {
  finish('GET', 200, 1, { [ROUTE]: 'x'.repeat(1_000) });
  finish('GET', 200, 1, { [ROUTE]: 'a\u0000b' });
  const series = counters.changed();
  expect(series.map(({ route }) => route)).toEqual([OTHER, OTHER]);
  expect(isRead(series)).toBe(true);
});
