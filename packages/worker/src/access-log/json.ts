/** The JSON format: an object on one line. */
import { Clock } from './clock.ts';
import { quote, Repeated, writeQuoted } from './escape.ts';
import type { Format, Writer } from './line.ts';
import { bytesOf } from './out.ts';

const TIME = bytesOf('{"time":"');
const TRACE = bytesOf('","trace":"');
const CLIENT = bytesOf('","client":"');
const METHOD = bytesOf('","method":"');
const TARGET = bytesOf('","target":"');
const PROTOCOL = bytesOf('","protocol":"HTTP/');
const STATUS = bytesOf('","status":');
const BYTES = bytesOf(',"bytes":');
const DURATION = bytesOf(',"durationMs":');
const FIRST_BYTE = bytesOf(',"firstByteMs":');
const AGENT = bytesOf(',"userAgent":"');
const REFERER = bytesOf(',"referer":"');
const QUOTE = bytesOf('"');
const MOVED = bytesOf(',"moved":true');
const CLOSED = bytesOf(',"closed":"');
const END = bytesOf('}\n');

export function jsonFormat({ slot, generation, pid, release }: Writer): Format {
  const clock = new Clock();
  const named = release === undefined ? '' : `,"release":${quote(release)}`;
  const writer = bytesOf(
    `","event":"request","slot":${slot},"generation":${generation}${named},"pid":${pid},"id":"`,
  );
  const [agents, referers] = [new Repeated(writeQuoted), new Repeated(writeQuoted)];
  return (line, out) => {
    const { headers, firstByteMs } = line;
    out.bytes(TIME);
    clock.iso(out, line.now);
    out.bytes(writer);
    out.ascii(line.id);
    if (line.sequence !== undefined) out.number(line.sequence);
    if (line.trace !== undefined) {
      out.bytes(TRACE);
      out.ascii(line.trace);
    }
    out.bytes(CLIENT);
    out.ascii(line.client);
    if (line.method !== '') {
      out.bytes(METHOD);
      writeQuoted(out, line.method);
      out.bytes(TARGET);
      writeQuoted(out, line.target);
    }
    if (line.version !== '') {
      out.bytes(PROTOCOL);
      out.ascii(line.version);
    }
    out.bytes(STATUS);
    out.number(line.status);
    out.bytes(BYTES);
    out.number(line.bytes);
    out.bytes(DURATION);
    out.micros(line.durationMs);
    if (firstByteMs !== undefined) {
      out.bytes(FIRST_BYTE);
      out.micros(firstByteMs);
    }
    const { 'user-agent': agent, referer } = headers;
    if (agent !== undefined) {
      out.bytes(AGENT);
      agents.write(out, agent);
      out.bytes(QUOTE);
    }
    if (referer !== undefined) {
      out.bytes(REFERER);
      referers.write(out, referer);
      out.bytes(QUOTE);
    }
    if (line.moved) out.bytes(MOVED);
    if (line.closed !== undefined) {
      out.bytes(CLOSED);
      out.ascii(line.closed);
      out.bytes(QUOTE);
    }
    out.bytes(END);
  };
}
