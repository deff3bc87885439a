import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fillRecord, type Heartbeat, RECORD_BYTES, RECORD_NUMBERS, sharedClock } from '@tshorn/core';
import { HeartbeatFile } from './heartbeat-file.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'heartbeats-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const ofRequests = (requests: number, at: number): Heartbeat => ({
  requests,
  rss: 1,
  loopDelayMs: 2,
  loop: { activeMs: 1, idleMs: at, cpuMs: 0 },
});

/** As a worker does it (worker/src/heartbeat-writer.ts). */
function write({ fd, place }: { fd: number; place: number }, requests: number, at: number): void {
  const record = new Float64Array(RECORD_NUMBERS);
  fillRecord(record, ofRequests(requests, at), at);
  fs.writeSync(fd, new Uint8Array(record.buffer), 0, RECORD_BYTES, place * RECORD_BYTES);
}

function open() {
  const file = new HeartbeatFile(() => fs.openSync(path.join(directory, 'beats'), 'w+'));
  const all: [serial: number, what: number | string, at?: number][] = [];
  const listener = {
    heard: (serial: number, { requests, loop }: Heartbeat) => all.push([serial, requests, loop?.idleMs]),
    alive: (serial: number, loopDelayMs: number) => all.push([serial, `alive, late by ${loopDelayMs}`]),
  };
  const told = () => all.splice(0);
  const heard = () => {
    file.read(listener);
    return told().map(([serial, what]) => [serial, what]);
  };
  return {
    file,
    listener,
    told,
    heard,
    taken: (serial: number) => file.take(serial) as { fd: number; place: number },
  };
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

const ALIVE = [1, 'alive, late by 2'];

/** A worker that is at rest since three heartbeats. */
function atRest() {
  const { heard, taken, ...others } = open();
  const one = taken(1);
  const from = sharedClock();
  /** @param ms since its start */
  const beat = (ms: number, requests = 10) => {
    write(one, requests, from + ms);
    return heard();
  };
  expect(beat(2_000)).toEqual([[1, 10]]);
  // The load is over: utilisation and rates fall.
  expect(beat(4_000)).toEqual([[1, 10]]);
  expect(beat(6_000)).toEqual([ALIVE]);
  return { ...others, from, beat };
}

test('a worker at rest is alive, and its figures are told once a minute, and to whoever wants them', () => {
  const { beat, file, listener, told, from } = atRest();
  const all = Array.from({ length: 60 }, (_, n) => beat(8_000 + n * 2_000)[0]);
  expect(all.flatMap((one, n) => (one?.[1] === 10 ? n : []))).toEqual([28, 58]);
  expect(all.filter((one) => one?.[1] !== 10)).toEqual(new Array(58).fill(ALIVE));
  file.readAll(listener);
  expect(told()).toEqual([[1, 10, from + 126_000]]);
  file.readAll(listener);
  expect(told()).toEqual([]);
});

test('before a heartbeat that tells something, the last one of the rest is told: between them lies one interval', () => {
  const { beat, file, listener, told, from } = atRest();
  expect(beat(8_000, 17)).toEqual([
    [1, 10],
    [1, 17],
  ]);
  expect(beat(10_000, 17)).toEqual([[1, 17]]);
  expect(beat(12_000, 17)).toEqual([ALIVE]);
  // The same before a message.
  file.overtaken(1, listener);
  expect(told()).toEqual([[1, 17, from + 12_000]]);
  file.overtaken(1, listener);
  expect(told()).toEqual([]);
  expect(beat(14_000, 17)).toEqual([[1, 17]]);
  expect(beat(16_000, 17)).toEqual([ALIVE]);
});

test('the last heartbeat of a worker is told whole', () => {
  const { beat, file, listener, told, from } = atRest();
  file.last(1, listener);
  expect(told()).toEqual([[1, 10, from + 6_000]]);
  file.last(1, listener);
  expect(told()).toEqual([]);
  beat(8_000);
  file.last(2, listener);
  expect(told()).toEqual([]);
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
