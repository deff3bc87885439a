import { execFileSync } from 'node:child_process';
import { keepHeapSmall } from './small-heap.ts';

test('a V8 that is not known is left alone, as it would complain', async () => {
  const flags: string[] = [];
  const keep = (version: string) => keepHeapSmall(version, (flag) => void flags.push(flag));
  for (const unknown of ['10.2.154.26-node.36', '15.0.1', 'unknown']) await keep(unknown);
  expect(flags).toEqual([]);
  for (const known of ['11.3.244.8-node.38', '14.6.202.34-node.34']) await keep(known);
  expect(flags).toHaveLength(2);
});

/** Prints the size of the young generation after as much garbage as survives a collection or two. */
const FILL = `
  const kept = [];
  for (let at = 0; at < 400_000; at++) kept[at % 50_000] = { at, text: String(at) };
  const { getHeapSpaceStatistics } = require('node:v8');
  console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);
`;

test('the young generation of this Node does not grow', async () => {
  const sizeOf = (before: string) =>
    Number(execFileSync(process.execPath, ['-e', `${before};${FILL}`], { encoding: 'utf8' }));
  let flag = '';
  await keepHeapSmall(process.versions.v8, (given) => {
    flag = given;
  });
  const small = sizeOf(`require('node:v8').setFlagsFromString('${flag}')`);
  expect(small).toBeLessThanOrEqual(4 * 1024 * 1024);
  expect(sizeOf('')).toBeGreaterThan(2 * small);
});
