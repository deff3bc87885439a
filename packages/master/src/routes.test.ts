import { Attendants } from './attendants.ts';
import type { Context } from './context.ts';
import { Crew } from './crew.ts';
import { Scene } from './decide/testing/scene.ts';
import type { Logger } from './log.ts';
import { route, routes, type WorkerMessage } from './routes.ts';
import { View } from './view.ts';

const REPORT = { moved: 1, finished: 1, closed: 7, forceClosed: 7, refused: { tls: 7 }, tookMs: 1 };

/** A master whose workers have no processes, and what it hears of worker 1. */
function scene(watch?: object) {
  const master = new Scene({ workers: 1 });
  const told: string[] = [];
  const fields: object[] = [];
  const tell = (line: { event: string }) => {
    told.push(line.event);
    fields.push(line);
  };
  const log = { info: tell, warn: tell, error: tell, debug: () => {} } as unknown as Logger;
  const context = {
    log,
    view: new View(() => master.state),
    workerFile: '/worker.js',
    watch,
    listeners: [],
    observed: {},
    ticketKeys: { attend() {} },
    otherMaster: { neighbour: () => undefined, isFollowing: false },
    enqueue: (event: Parameters<Scene['happen']>[0]) => master.happen(event),
  } as unknown as Context;
  const crew = new Crew(log);
  const attendants = new Attendants(context, crew);
  const table = routes(context, attendants, crew);
  const hear = (message: WorkerMessage) => route(table, 1, message, undefined);
  return { master, told, fields, ...attendants, hear, state: () => master.state.workers[1]?.state };
}

function serving() {
  const place = scene();
  place.master.happen({ type: 'worker-spawned', serial: 1, pid: 9 });
  place.hear({ type: 'loaded', kind: 'app' } as WorkerMessage);
  place.hear({ type: 'probed', verdict: 'ok', tookMs: 1 } as WorkerMessage);
  expect(place.state()).toBe('admitted');
  place.hear({ type: 'accepting', immovable: '' });
  expect(place.state()).toBe('ready');
  return place;
}

test('an `accepting` that comes late, from a worker that drains, changes nothing', () => {
  const { master, remaining, traffic, hear, state } = serving();
  master.happen({ type: 'stop-requested', mode: 'graceful', by: 'TERM' });
  remaining.begin(1, 30_000);
  hear({ type: 'remaining', left: { idle: 3 } });
  hear({ type: 'accepting', immovable: 'tls' });
  expect(state()).toBe('draining');
  expect(remaining.of(1)).toEqual({ idle: 3 });
  expect(traffic.status().handoff).toBe('on');
});

test('a server of the app that speaks TLS is told once', () => {
  const { fields, traffic } = serving();
  expect(traffic.speaksTls).toBe(false);
  for (const serial of [2, 3]) traffic.opened(serial, '', true);
  expect(traffic.speaksTls).toBe(true);
  expect(fields.filter(({ event }) => event === 'app-tls')).toHaveLength(1);
});

test('facts of a state that the worker is not in change nothing', () => {
  const { traffic, remaining, hear, state, master } = serving();
  const notices = master.notices.length;
  hear({ type: 'accepting', immovable: 'tls' });
  hear({ type: 'drained', ...REPORT });
  hear({ type: 'remaining', left: { idle: 3 } });
  hear({ type: 'took', id: 5 });
  hear({ type: 'declined', id: 5, reason: 'late' });
  hear({ type: 'state', id: 5, text: 'n=5' });
  expect(state()).toBe('ready');
  expect(master.notices).toHaveLength(notices);
  expect(remaining.of(1)).toBeUndefined();
  expect(traffic.status()).toEqual({ handoff: 'on', moved: 0, refused: {}, closed: 0, forceClosed: 0 });
});

test('a crash is told when the report of it has been read; one of a worker that boots is a forgery', async () => {
  const crashed = { type: 'crashed', reason: 'x', culprit: { cost: 'none' } } as const;
  const booting = scene();
  booting.hear(crashed);
  const { hear, state } = serving();
  hear(crashed);
  expect(state()).toBe('ready');
  await new Promise(setImmediate);
  expect([booting.state(), state()]).toEqual(['spawned', 'failing']);
});

test('what a failing worker tells of its drain and of its request is heard', async () => {
  const { master, hear, state } = serving();
  master.hang(1).rescued(1);
  hear({ type: 'turns-again', culprit: { cost: 'closed' } });
  hear({ type: 'drained', ...REPORT });
  expect(state()).toBe('failing');
  expect(master.state.workers[1]?.failure).toMatchObject({
    culprit: { cost: 'closed' },
    report: { moved: 1 },
  });
});

test('what a drain came to is counted once the worker was ordered to drain', () => {
  const { master, traffic, hear } = serving();
  master.happen({ type: 'stop-requested', mode: 'graceful', by: 'TERM' });
  hear({ type: 'drained', ...REPORT });
  expect(traffic.status()).toMatchObject({ refused: { tls: 7 }, closed: 7, forceClosed: 7 });
});

test.each([
  ['each worker', undefined, ['also-listening', 'also-listening']],
  ['the first one alone in watch mode, where each save brings the same', {}, ['also-listening']],
])('what else the app listens on is told of %s', (_, watch, events) => {
  const { told, hear } = scene(watch);
  hear({ type: 'also-listening', address: '127.0.0.1:9464' } as WorkerMessage);
  hear({ type: 'also-listening', address: '127.0.0.1:9464' } as WorkerMessage);
  expect(told).toEqual(events);
});

test.each([
  ['of each generation', undefined, 4],
  ['once in watch mode', {}, 2],
])('that the app asks for another port, or has two servers, is told %s', (_, watch, times) => {
  const { master, told, hear } = scene(watch);
  const say = () => {
    hear({ type: 'asked-elsewhere', asked: 'port 3000' } as WorkerMessage);
    hear({ type: 'two-servers', served: 'one', other: 'other', keep: 'APP:default' } as WorkerMessage);
  };
  say();
  const worker = master.state.workers[1] as { generation: number };
  worker.generation++;
  say();
  expect(told).toHaveLength(times);
});

test('what a worker tells of its app has its slot and its generation', () => {
  const { fields, hear } = scene();
  const messages = [
    { type: 'asked-elsewhere', asked: 'port 3000' },
    { type: 'two-servers', served: 'one', other: 'other', keep: 'APP:default' },
    { type: 'also-listening', address: '127.0.0.1:9464' },
    { type: 'hook-failed', hook: 'postFork', reason: 'x' },
    { type: 'log', level: 'info', text: 'x' },
  ];
  for (const message of messages) hear(message as WorkerMessage);
  expect(fields).toHaveLength(messages.length);
  for (const line of fields) expect(line).toMatchObject({ worker: 0, gen: 1 });
});
