import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Lines } from './lines.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tshorn-'));
  file = path.join(directory, 'access.log');
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const content = () => fs.readFileSync(file, 'utf8');

describe('a batch', () => {
  const reports: unknown[] = [];
  const lines = () => {
    const log = new Lines(file, {
      begun: (reason) => void reports.push(reason),
      lineOf: (count) => `# ${count}\n`,
      ended: (count, reason) => void reports.push([count, reason]),
      neverEnded: (count, reason) => void reports.push(['to the end', count, reason]),
    });
    const add = (line: string) => {
      log.out.ascii(line);
      log.added();
    };
    return Object.assign(log, { add });
  };
  beforeEach(() => {
    reports.length = 0;
    jest.useFakeTimers();
  });
  afterEach(() => jest.useRealTimers());

  test('is written after its time, again and again', () => {
    const log = lines();
    log.add('one\n');
    expect(fs.existsSync(file)).toBe(false);
    jest.advanceTimersByTime(100);
    expect(content()).toBe('one\n');
    log.add('two\n');
    log.add('three\n');
    jest.advanceTimersByTime(100);
    expect(content()).toBe('one\ntwo\nthree\n');
  });

  test('is written at once when it is large', () => {
    lines().add(`${'x'.repeat(70_000)}\n`);
    expect(content()).toHaveLength(70_001);
  });

  test('is written before the file is opened again', () => {
    fs.writeFileSync(file, '');
    const log = lines();
    log.add('one\n');
    fs.renameSync(file, `${file}.1`);
    log.renew();
    log.add('two\n');
    log.finish();
    // Nothing had been open, so the first line is in the new file as well.
    expect(content()).toBe('one\ntwo\n');
  });

  test('that is lost is told once, and how many lines it was when they can be written again', () => {
    fs.symlinkSync('/dev/full', file);
    const log = lines();
    for (let at = 0; at < 3; at++) {
      log.add(`${at}\n`);
      log.flush();
    }
    fs.rmSync(file);
    log.renew();
    log.add('again\n');
    log.finish();
    expect(reports).toEqual(['ENOSPC', [3, 'ENOSPC']]);
    expect(content()).toBe('again\n# 3\n');
  });

  test('that is lost on a disk that is full to the end is not told to be written again', () => {
    fs.symlinkSync('/dev/full', file);
    const log = lines();
    log.add('one\n');
    log.flush();
    log.add('two\n');
    log.finish();
    expect(reports).toEqual(['ENOSPC', ['to the end', 2, 'ENOSPC']]);
  });

  test('that tells of others and is lost itself is no line of a request, and they are told of again', () => {
    fs.symlinkSync('/dev/full', file);
    const log = lines();
    log.add('one\n');
    log.flush();
    fs.rmSync(file);
    execFileSync('mkfifo', [file]);
    const reader = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    log.renew();
    // A batch that fills the pipe: the line about the lost one waits.
    log.add(`${'x'.repeat(4_095)}\n`.repeat(16));
    fs.closeSync(reader);
    jest.advanceTimersByTime(100);
    expect(reports).toEqual(['ENOSPC']);
    fs.rmSync(file);
    fs.writeFileSync(file, '');
    log.renew();
    log.add('again\n');
    log.finish();
    expect(reports).toEqual(['ENOSPC', [1, 'EPIPE']]);
    expect(content()).toBe('again\n# 1\n');
  });
});
