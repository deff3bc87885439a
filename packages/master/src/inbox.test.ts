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
