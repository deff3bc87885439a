import { splitNodeOptions } from './node-options.ts';

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
