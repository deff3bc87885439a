import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tellReopened } from './reopened.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

function told(...files: string[]): unknown[][] {
  const info = jest.fn();
  tellReopened({ info }, files);
  return info.mock.calls;
}

test('each file that was opened again is named once, and none that could not be', () => {
  const [log, output] = [path.join(directory, 'log'), path.join(directory, 'output')];
  fs.mkdirSync(output);
  expect(told(log, output, log)).toEqual([
    [{ event: 'log-reopened', file: log }, `log file reopened: ${log}`],
  ]);
});

test('without a file no file is said to be open again', () => {
  expect(told()).toEqual([[{ event: 'log-reopened' }, 'no log has a file: there is none to open again']]);
});
