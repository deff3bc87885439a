import fs from 'node:fs';
import path from 'node:path';
import { LOG_EVENTS } from './log-events.ts';

const SOURCES = ['packages/master/src', 'packages/tshorn/src'].map((directory) => path.resolve(directory));

it('lists no event that the program does not log', () => {
  const files = SOURCES.flatMap((directory) =>
    fs
      .readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('log-events'))
      .map((file) => fs.readFileSync(path.join(directory, file), 'utf8')),
  );
  const source = files.join('\n');
  expect(Object.keys(LOG_EVENTS).filter((event) => !source.includes(`'${event}'`))).toEqual([]);
});
