import { isUnderNodemon } from './nodemon.ts';

/** From the parent upwards. */
const under = (...lines: string[]) =>
  isUnderNodemon(100, {
    parentOf: (pid) => (pid === 99 + lines.length ? 1 : pid + 1),
    wordsOf: (pid) => lines[pid - 100]?.split(' '),
  });

it.each([
  ['node /app/node_modules/.bin/nodemon --exec x'],
  ['sh -c x', 'node /usr/lib/node_modules/nodemon/bin/nodemon.js app.js'],
  ['sh -c x', 'npm exec tshorn', 'sh -c x', '/usr/local/bin/nodemon'],
])('is found among %j', (...lines) => expect(under(...lines)).toBe(true));

it('is not found in the line of npm, which is one word', () => {
  const wordsOf = () => ['npm run test -- /srv/nodemon'];
  expect(isUnderNodemon(100, { parentOf: (pid) => pid - 10, wordsOf })).toBe(false);
});

it.each([['bash'], ['sh -c x', 'node server.js nodemon'], ['node nodemon-like.js']])(
  'is not found among %j',
  (...lines) => expect(under(...lines)).toBe(false),
);
