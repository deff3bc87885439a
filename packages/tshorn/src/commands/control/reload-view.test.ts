import { plain } from '../style.ts';
import type { StreamEvent } from './client.ts';
import { ReloadView } from './reload-view.ts';

const event = (name: string, fields: object = {}): StreamEvent => ({
  event: name,
  level: 'info',
  msg: name,
  ...fields,
});
const worker = (name: string, gen: number, step: number) => event(name, { worker: 0, gen, step, of: 6 });

const view = () => new ReloadView([0, 1].map((slot) => ({ slot, generation: 1, state: 'ready' })));
const after = (events: StreamEvent[], width = 100) => {
  const shown = view();
  for (const each of events) shown.apply(each);
  return shown.lines(1234, width, plain);
};
const STARTED = event('reload-started', { generation: 2 });

it('shows the workers as they are until the first step', () => {
  const [head, slots] = after([STARTED]);
  expect(head).toMatch(/^reload to gen=2 {2}─+ {2}preparing {2}1\.2s$/);
  expect(slots).toMatch(/^● 0 {2}gen 1 ready +● 1 {2}gen 1 ready$/);
});

it('follows the new worker of a slot, and tells the old one beside it', () => {
  expect(after([STARTED, worker('spawned', 2, 1)])[1]).toContain('○ 0  gen 2 booting (gen 1 ready)');
  const draining = [STARTED, worker('ready', 2, 2), worker('draining', 1, 3)];
  const [head, slots] = after(draining);
  expect(head).toContain('━━━━━━━━────────────────  step 3/6');
  expect(slots).toContain('● 0  gen 2 ready (gen 1 draining)');
  expect(after([...draining, worker('exited', 1, 3)])[1]).toMatch(/● 0 {2}gen 2 ready +●/);
});

it('goes back to the old worker when the new one is broken and gone', () => {
  const broken = [STARTED, worker('spawned', 2, 1), worker('broken', 2, 2)];
  expect(after(broken)[1]).toContain('✖ 0  gen 2 broken (gen 1 ready)');
  expect(after([...broken, worker('exited', 2, 2)])[1]).toContain('● 0  gen 1 ready');
});

it('says what it waits for', () => {
  expect(after([event('queued', { msg: 'queued: behind another' })])).toEqual([
    'queued: behind another  1.2s',
  ]);
});

it.each([10, 30, 60, 100])('no line is wider than %d columns', (width) => {
  const lines = after([STARTED, worker('ready', 2, 2), worker('draining', 1, 3)], width);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
});
