import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fillRecord, type Heartbeat, RECORD_BYTES, RECORD_NUMBERS, sharedClock } from '@tshorn/core';
import { HeartbeatFile } from './heartbeat-file.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'heartbeats-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const ofRequests = (requests: number): Heartbeat => ({ requests, rss: 1, loopDelayMs: 0 });

/** As a worker does it (worker/src/heartbeat-writer.ts). */
function write({ fd, place }: { fd: number; place: number }, requests: number, at: number): void {
  const record = new Float64Array(RECORD_NUMBERS);
  fillRecord(record, ofRequests(requests), at);
  fs.writeSync(fd, new Uint8Array(record.buffer), 0, RECORD_BYTES, place * RECORD_BYTES);
}

function open() {
  const file = new HeartbeatFile(() => fs.openSync(path.join(directory, 'beats'), 'w+'));
  const heard = () => {
    const all: [number, number][] = [];
    file.read((serial, { requests }) => all.push([serial, requests]));
    return all;
  };
  return { file, heard, taken: (serial: number) => file.take(serial) as { fd: number; place: number } };
}

test('each heartbeat is told once, and one that did not come is not', () => {
  const { heard, taken } = open();
  const [one, other] = [taken(1), taken(2)];
  expect(heard()).toEqual([]);
  const at = sharedClock() + 1;
  write(one, 10, at);
  expect(heard()).toEqual([[1, 10]]);
  expect(heard()).toEqual([]);
  write(one, 11, at + 1);
  write(other, 20, at + 1);
  expect(heard()).toEqual([
    [1, 11],
    [2, 20],
  ]);
});

test('workers that come and go do not make the file grow, and nobody inherits a heartbeat', () => {
  const { file, heard, taken } = open();
  const places = new Set<number>();
  for (let serial = 1; serial <= 600; serial += 2) {
    for (const worker of [serial, serial + 1]) {
      const place = taken(worker);
      places.add(place.place);
      expect(heard()).toEqual([]);
      write(place, worker, sharedClock() + 1_000_000 + serial);
      expect(heard()).toEqual([[worker, worker]]);
    }
    file.ended({ serial });
    file.ended({ serial: serial + 1 });
    jest.spyOn(process.hrtime, 'bigint').mockReturnValue(BigInt(sharedClock() + 3_000_000) * 1_000_000n);
  }
  jest.restoreAllMocks();
  expect([...places].sort()).toEqual([0, 1]);
});

test('where there is no file in memory, there is no place', () => {
  expect(new HeartbeatFile(() => undefined).take(1)).toBeUndefined();
});
