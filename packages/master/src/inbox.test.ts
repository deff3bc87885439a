import { envelope } from '@tshorn/core';
import { Inbox } from './inbox.ts';

const inboxOf = (onFiles: (files: readonly string[]) => void) => {
  const told: string[] = [];
  const inbox = new Inbox({
    onFiles,
    onMessage: () => {},
    onUnread: () => told.push('unread'),
    onMalformed: (problem) => told.push(problem),
    onFlood: () => told.push('flood'),
  });
  return { inbox, told };
};

test('names of files that the master cannot act on are dropped, and told', () => {
  const { inbox, told } = inboxOf(() => {
    throw new Error('ELOOP');
  });
  inbox.receive({ 'watch:require': ['/a.js'] });
  expect(told).toEqual([expect.stringContaining('names of files that could not be acted on')]);
});

test('a worker that reports files without end floods the master, however many stand in a message', () => {
  const heard: number[] = [];
  const { inbox, told } = inboxOf((files) => heard.push(files.length));
  const names = Array.from({ length: 64 }, (_, at) => `/${at}.js`);
  // More than the budget of two seconds: the messages may begin at the end of one.
  for (let sent = 0; sent < 1_000; sent++) inbox.receive({ 'watch:require': names });
  expect(told).toEqual(['flood']);
  expect(heard.length).toBeLessThan(1_000);
});

describe('connections that a worker hands out', () => {
  class TCP {
    closed = false;
    close(): void {
      this.closed = true;
    }
  }

  const reading = (isInTrouble: () => boolean) => {
    const got: string[] = [];
    const inbox = new Inbox({
      onMessage: (message) => got.push(`${message.type} ${'id' in message ? message.id : ''}`),
      onUnread: () => {},
      onMalformed: (problem) => got.push(problem),
      isInTrouble,
      onFlood: () => got.push('flood'),
    });
    const offer = (id: number, rescued: boolean) =>
      inbox.receive(envelope({ type: 'hand-over', id, ...(rescued && { rescued }) }), new TCP());
    return { inbox, got, offer };
  };

  test('may miss thousands of numbers where they are rescued, and few otherwise', () => {
    const { got, offer } = reading(() => false);
    offer(5_000, true);
    offer(5_064, false);
    offer(6_000, false);
    offer(100_000, true);
    expect(got).toEqual([
      'hand-over 5000',
      'hand-over 5064',
      expect.stringContaining('out of order'),
      expect.stringContaining('out of order'),
    ]);
  });

  test('cost the master something for each number that is missing', () => {
    const { got, offer } = reading(() => false);
    // More than the budget of two seconds.
    for (let id = 8_000; id <= 64_000; id += 8_000) offer(id, true);
    expect(got).toContain('flood');
    expect(got.length).toBeLessThan(7);
  });

  test.each([
    [true, 0],
    [false, 1],
  ])(
    'may come by tens of thousands from a worker that is known to be in trouble: %s',
    (isInTrouble, floods) => {
      const { got, offer } = reading(() => isInTrouble);
      for (let id = 1; id <= 50_000; id++) offer(id, true);
      expect(got.filter((line) => line === 'flood')).toHaveLength(floods);
    },
  );

  test('leave behind a copy of the channel, which is closed', () => {
    const { inbox, got } = reading(() => false);
    const copy = new TCP();
    inbox.receive(envelope({ type: 'sent', upTo: 2_000 }), copy);
    expect([got, copy.closed]).toEqual([['sent '], true]);
  });
});
