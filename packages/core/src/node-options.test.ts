import { nodeOptionsIn, splitNodeOptions } from './node-options.ts';

it.each([
  ['', [], ''],
  ['--max-old-space-size=512  --enable-source-maps', [], '--max-old-space-size=512 --enable-source-maps'],
  ['--import ./a.mjs', ['--import ./a.mjs'], ''],
  ['-r newrelic --inspect --require=dd-trace/init', ['-r newrelic', '--require dd-trace/init'], '--inspect'],
  ['--experimental_loader ts-node/esm --title=x', ['--experimental_loader ts-node/esm'], '--title=x'],
  [
    '--require "./with blank/a \\"b\\".cjs" --title="a b"',
    ['--require ./with blank/a "b".cjs'],
    '--title="a b"',
  ],
  ['--import', ['--import'], ''],
])('%j is split into preloads and others', (text, preloads, others) =>
  expect(splitNodeOptions(text)).toEqual({ preloads, others }),
);

test('options are read with their values, joined or in the next word', () => {
  const text = '--max_old_space_size=512 -r "./a b.cjs" --inspect --import=x';
  expect(nodeOptionsIn(text)).toEqual([
    { name: '--max-old-space-size', value: '512' },
    { name: '-r', value: './a b.cjs' },
    { name: '--inspect' },
    { name: '--import', value: 'x' },
  ]);
});
