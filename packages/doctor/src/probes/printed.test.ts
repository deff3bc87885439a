import { Printed } from './printed.ts';

it('keeps the last lines of a worker, without colours and empty lines', () => {
  const printed = new Printed();
  for (let n = 0; n < 2000; n++) printed.add(Buffer.from(`line ${n}\n`));
  printed.add(Buffer.from('\n\u001b[31mDATABASE_URL is mis'));
  printed.add(Buffer.from('sing\u001b[0m\n'));
  expect(printed.lastLines).toEqual([
    'line 1996',
    'line 1997',
    'line 1998',
    'line 1999',
    'DATABASE_URL is missing',
  ]);
  expect(printed.bytes).toBeGreaterThan(18_000);
});

it('keeps the end of a line that is too long', () => {
  const printed = new Printed();
  printed.add(Buffer.from('x'.repeat(10_000)));
  expect(printed.lastLines).toEqual(['x'.repeat(4096)]);
});
