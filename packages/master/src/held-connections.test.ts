/** Which connections wait, and which of them are offered or given up; that the relay does so is in relay-rescued.test.ts. */
import { HeldConnections } from './held-connections.ts';
import type { Transfer } from './transfer.ts';

const MANY = 100;

function rescued(offer: number, facts: Partial<Transfer> = {}): Transfer {
  const connection = { close: () => {} };
  const idle = { connection, sender: 1, offer, resumer: undefined, carry: undefined, rescued: true };
  return { ...idle, refusedBy: new Set(), phase: { is: 'over' }, state: { is: 'follows' }, ...facts };
}

function holding(...transfers: Transfer[]): HeldConnections {
  const held = new HeldConnections();
  for (const transfer of transfers) held.add(transfer, MANY, 0);
  return held;
}

/** Those that are offered, and find no receiver. */
function offered(held: HeldConnections): number[] {
  const offers: number[] = [];
  held.offer((transfer) => {
    offers.push(transfer.offer);
    held.add(transfer, MANY, 1);
  });
  return offers;
}

test('one that is added again keeps its place and its time', () => {
  const [a, b] = [rescued(1), rescued(2)];
  const held = holding(a, b);
  held.add(a, MANY, 1_000);
  expect(held.size).toBe(2);
  expect(a.heldAt).toBe(0);
  expect(held.add(rescued(3), 2, 1_000)).toBe(a);
});

test('one that is added after it has left is the last, with the time at which it first waited', () => {
  const [a, b] = [rescued(1), rescued(2)];
  const held = holding(a, b);
  held.delete(a);
  held.add(a, MANY, 1_000);
  expect(a.heldAt).toBe(0);
  expect(held.add(rescued(3), 2, 1_000)).toBe(b);
});

test('the first that finds no receiver says the same for the others', () => {
  expect(offered(holding(rescued(1), rescued(2)))).toEqual([1]);
});

test('one that a receiver has declined says nothing for the others', () => {
  const refused = rescued(1, { refusedBy: new Set([7]) });
  expect(offered(holding(refused, rescued(2), rescued(3)))).toEqual([1, 2]);
});

test('all are offered while they find receivers', () => {
  const held = holding(rescued(1), rescued(2));
  held.offer((transfer) => {
    held.delete(transfer);
    transfer.phase = { is: 'offered', to: 2, id: 1, at: 0 };
  });
  expect(held.size).toBe(0);
});

test('one that was declined is overdue earlier', () => {
  const [declined, waiting] = [rescued(1, { declinedAt: 0 }), rescued(2)];
  const held = holding(declined, waiting);
  expect(held.overdue(10_000)).toEqual([]);
  expect(held.overdue(10_001)).toEqual([declined]);
  expect(held.overdue(60_001)).toEqual([declined, waiting]);
});
