import { inspectorOf, withoutInspectOption } from './asked.ts';

const none = { inspect: undefined, inspectBrk: undefined };
const nobody = { nodeOptions: '', execArgv: [], mastersNodeOptions: '', debugPort: 9229 };
const HERE = '127.0.0.1';

it('is nowhere unless somebody asks', () => {
  const execArgv = ['--inspect-port=0', '--import', './inspect.mjs'];
  expect(inspectorOf(none, 0, { ...nobody, execArgv, nodeOptions: '--inspect-port=9300' })).toBeUndefined();
});

it('is on the next port for each slot, and on any port for 0', () => {
  const inspect = { host: '0.0.0.0', port: 9400 };
  const at = (slot: number, address = inspect) => inspectorOf({ ...none, inspect: address }, slot, nobody);
  expect([0, 2].map((slot) => at(slot)?.port)).toEqual([9400, 9402]);
  expect(at(3, { host: HERE, port: 0 })?.port).toBe(0);
  expect(at(0)).toEqual({ ...inspect, pause: false });
});

it('pauses by --inspect-brk, which wins', () => {
  const both = { inspect: { host: HERE, port: 1 }, inspectBrk: { host: HERE, port: 2 } };
  expect(inspectorOf(both, 0, nobody)).toEqual({ host: HERE, port: 2, pause: true });
});

it.each([
  ['--inspect', HERE, 9229, false],
  ['--inspect=9300', HERE, 9300, false],
  ['--inspect=0.0.0.0', '0.0.0.0', 9229, false],
  ['--inspect=0.0.0.0:9300', '0.0.0.0', 9300, false],
  ['--inspect=[::1]:9300', '::1', 9300, false],
  ['--no-warnings "--inspect-brk=localhost:1"', 'localhost', 1, true],
  ['--inspect-wait', HERE, 9229, true],
])("reads node's own %s of the workers", (nodeOptions, host, port, pause) => {
  expect(inspectorOf(none, 0, { ...nobody, nodeOptions })).toEqual({ host, port, pause });
});

it('leaves the port to a master that listens itself', () => {
  const execArgv = ['--inspect=9300'];
  expect(inspectorOf(none, 1, { ...nobody, execArgv, debugPort: 9300 })?.port).toBe(9302);
  const nodeOptions = '--inspect';
  expect(inspectorOf(none, 0, { ...nobody, nodeOptions, mastersNodeOptions: nodeOptions })?.port).toBe(9230);
});

it('takes the flag out of NODE_OPTIONS, and leaves the rest as it is written', () => {
  expect(withoutInspectOption('--inspect --import "./a b.mjs" --inspect-brk=1 --inspect-port=2')).toBe(
    '--import "./a b.mjs" --inspect-port=2',
  );
});
