// The room of the chat: a file that each worker appends to and follows, since workers share no memory.
// This suffices for a demo on one machine; the file only grows. An app uses Redis or a database for this.
import { appendFileSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = process.env.ROOM ?? fileURLToPath(new URL('room.jsonl', import.meta.url));
const file = openSync(path, 'a+');
const lines = [];
const present = new Map();
let position = 0;
let tell = () => {};

/** Calls `listener` each time that any worker has added lines. */
export function follow(listener) {
  tell = listener;
  watch(path, { persistent: false }, read);
}

export function add(line) {
  appendFileSync(file, `${JSON.stringify(line)}\n`);
  read();
}

/** The lines after the first `count` ones. */
export const since = (count) => lines.slice(count);

/** The index of the first of the last `count` lines. */
export const latest = (count) => Math.max(0, lines.length - count);

/** The people in the room, each with the worker that has the connection. Connections of a dead worker are left out. */
export const people = () => [...present.values()].filter(({ pid }) => isAlive(pid));

function read() {
  const bytes = Buffer.alloc(fstatSync(file).size - position);
  readSync(file, bytes, 0, bytes.length, position);
  // The last line may be incomplete.
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
