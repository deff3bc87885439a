import { withOverlapHint } from './overlap-hint.ts';

it.each([
  'uncaught Error: listen EADDRINUSE: address already in use :::9001',
  "Error: EEXIST: file already exists, open '/run/bot.lock'",
  'Error: Lock file is already being held',
  'LEVEL_LOCKED: Database failed to open',
])('names the plan that ends the old worker first: %s', (reason) =>
  expect(withOverlapHint(reason)).toBe(
    `${reason}; an old worker may still hold it: reload with --reload-plan replace --no-park`,
  ),
);

it.each([
  '/_status answered 500',
  'bind: listen EADDRINUSE: 127.0.0.1:80',
  'TypeError: block is no function',
])('says nothing about other reasons: %s', (reason) => expect(withOverlapHint(reason)).toBe(reason));
