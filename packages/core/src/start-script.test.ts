import { nodeCommandOf } from './start-script.ts';

it.each([
  ['--import tsx server.ts --fast', ['--import', 'tsx'], 'server.ts', ['--fast']],
  ['--env-file .env server.js', ['--env-file', '.env'], 'server.js', []],
  ['--env-file-if-exists .env server.js', ['--env-file-if-exists', '.env'], 'server.js', []],
  ['--env-file-if-exists=.env server.js', ['--env-file-if-exists=.env'], 'server.js', []],
])('node %s', (line, flags, file, words) =>
  expect(nodeCommandOf(line.split(' '))).toEqual({ flags, file, words }),
);
