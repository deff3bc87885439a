import type { MigrationCounts } from './decide/model.ts';
import type { Logger } from './log.ts';
import { Migrations } from './migrations.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick'] }));
afterEach(() => void jest.useRealTimers());

function scene(onTrial = true) {
  const lines: string[] = [];
  const told: MigrationCounts[] = [];
  const resumers = new Migrations({
    log: { warn: (_fields: object, text: string) => lines.push(text) } as unknown as Logger,
    view: { identityOf: () => ({ slot: 0, generation: 1, pid: 7 }), ofUncommittedRelease: () => onTrial },
    changed: (_serial, counts) => told.push(counts),
  });
  const lose = (reason: string, times = 1, byApp = true) => {
    for (let n = 0; n < times; n++) resumers.resumeFailed(1, { resumer: 'websocket:/', reason, byApp });
  };
  return { resumers, lines, told, lose };
}

test('ten thousand that an app does not resume take two lines', () => {
  const { lines, lose } = scene();
  lose('the app answered 401', 5_000);
  jest.advanceTimersByTime(2_000);
  lose('the app answered 401', 5_000);
  expect(lines).toEqual(['pid=7 could not resume a migrated connection (websocket:/): the app answered 401']);
  jest.advanceTimersByTime(60_000);
  expect(lines.slice(1)).toEqual([
    'pid=7 could not resume 9999 more migrated connections (websocket:/): the app answered 401',
  ]);
});

test('each reason is news once; when each has its own they are one number', () => {
  const { lines, lose } = scene();
  for (let n = 0; n < 100; n++) lose(`no user ${n}`, 2);
  expect(lines).toHaveLength(5);
  jest.advanceTimersByTime(3_000);
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toMatch(/^pid=7 could not resume 190 more .*: other reasons$/);
});

test.each(['the end of a reload', 'the end of the worker'])('%s does not wait', (when) => {
  const { resumers, lines, lose } = scene();
  lose('no', 2);
  if (when === 'the end of a reload') resumers.sumUp();
  else resumers.gone(1);
  expect(lines[1]).toBe('pid=7 could not resume 1 more migrated connection (websocket:/): no');
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(2);
});

test('one after the other for ever is summed up now and then', () => {
  const { lines, lose } = scene();
  for (let seconds = 0; seconds < 120; seconds++) {
    lose('no');
    jest.advanceTimersByTime(1_000);
  }
  expect(lines.length).toBeGreaterThanOrEqual(4);
  expect(lines.length).toBeLessThanOrEqual(6);
});

test('a reload is told when it has to wait and when not, and of what was the doing of the app', () => {
  const { resumers, told, lose } = scene();
  for (let n = 0; n < 3; n++) resumers.arrived(1);
  expect(told).toEqual([{ taken: 1, resumeFailed: 0, waiting: true }]);
  lose('its client has gone', 1, false);
  lose('the app answered 401', 2);
  jest.advanceTimersByTime(0);
  expect(told.slice(1)).toEqual([
    { taken: 3, resumeFailed: 2, waiting: true, last: 'websocket:/: the app answered 401' },
  ]);
  resumers.answered(1, 3);
  expect(told.at(-1)).toMatchObject({ waiting: false });
  expect(told).toHaveLength(3);
});

test('a worker that says nothing is not waited for for ever', () => {
  const { resumers, told } = scene();
  resumers.arrived(1);
  jest.advanceTimersByTime(14_000);
  expect(told.at(-1)).toMatchObject({ waiting: true });
  jest.advanceTimersByTime(2_000);
  expect(told.at(-1)).toMatchObject({ waiting: false });
});

test('without a reload nobody is told', () => {
  const { resumers, told, lose } = scene(false);
  resumers.arrived(1);
  lose('no', 20);
  jest.advanceTimersByTime(20_000);
  expect(told).toEqual([]);
});
