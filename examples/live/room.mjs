// The room of the chat: a file that each worker appends to and follows, since workers share no memory.
// Enough for a demo on one machine; it only grows. An app has Redis or a database for this.
import { appendFileSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = process.env.ROOM ?? fileURLToPath(new URL('room.jsonl', import.meta.url));
const file = openSync(path, 'a+');
const lines = [];
const present = new Map();
let position = 0;
let tell = () => {};

/** Calls back after each time that something was added, by whichever worker. */
export function follow(listener) {
  tell = listener;
  watch(path, { persistent: false }, read);
}

export function add(line) {
  appendFileSync(file, `${JSON.stringify(line)}\n`);
  read();
}

/** What has been added after the first `count` lines. */
export const since = (count) => lines.slice(count);

/** Where to start for somebody who is to see the last `count` lines. */
export const latest = (count) => Math.max(0, lines.length - count);

/** Who is here, each with the worker that has the connection. What a dead worker had is not here. */
export const people = () => [...present.values()].filter(({ pid }) => isAlive(pid));

function read() {
  const bytes = Buffer.alloc(fstatSync(file).size - position);
  readSync(file, bytes, 0, bytes.length, position);
  // The last line may still be on its way.
  const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
  if (whole.length === 0) return;
  position += whole.length;
  for (const text of whole.toString().trimEnd().split('\n')) {
    const line = JSON.parse(text);
    lines.push(line);
    if (line.here) present.set(line.here.id, line.here);
    if (line.left) present.delete(line.left);
  }
  tell();
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

read();
