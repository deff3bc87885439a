import { EventParser } from './event-parser.ts';

const STREAM =
  'retry: 1000\n\nid: 1\nevent: snapshot\ndata: {"a":"ü"}\n\n: a comment\ndata: one\r\ndata:two\r\n\r\nevent: x\n\n';

/** @param size characters of each part */
function read(size: number): [string, string][] {
  const events: [string, string][] = [];
  const parser = new EventParser((name, data) => events.push([name, data]));
  for (let at = 0; at < STREAM.length; at += size) parser.read(STREAM.slice(at, at + size));
  return events;
}

test.each([1, 2, 7, 1_000])('events arrive whole, in parts of %d characters', (size) => {
  expect(read(size)).toEqual([
    ['snapshot', '{"a":"ü"}'],
    ['message', 'one\ntwo'],
  ]);
});
