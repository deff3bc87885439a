/** The JSON format: an object on one line. */
import { whyShed } from '../transport/own-answer.ts';
import { Clock } from './clock.ts';
import { quote, Repeated, writeQuoted } from './escape.ts';
import type { Format, Writer } from './line.ts';
import { ascii, type Out } from './out.ts';

const TRACE = ascii('","trace":"');
const CLIENT = ascii('","client":"');
const METHOD = ascii('","method":"');
const TARGET = ascii('","target":"');
const PROTOCOL = ascii('","protocol":"HTTP/');
const STATUS = ascii('","status":');
const USUAL_STATUS = ascii('","protocol":"HTTP/1.1","status":');
const BYTES = ascii(',"bytes":');
const DURATION = ascii(',"durationMs":');
const FIRST_BYTE = ascii(',"firstByteMs":');
const MOVED = ascii(',"moved":true');
const CLOSED = ascii(',"closed":"');
const SHED = ascii(',"shed":"');
const QUOTE = ascii('"');
const END = ascii('}\n');

/** A field of a header that may be absent. */
function optional(name: string): (out: Out, text: string | undefined) => void {
  const key = ascii(`,"${name}":"`);
  const texts = new Repeated((out, text) => {
    out.write(key);
    writeQuoted(out, text);
    out.write(QUOTE);
  });
  return (out, text) => {
    if (text !== undefined) texts.write(out, text);
  };
}

/** @param idPrefix the begin of the ids that this worker makes */
export function jsonFormat({ slot, generation, pid, release }: Writer, idPrefix: string): Format {
  const clock = new Clock('{"time":"');
  const named = release === undefined ? '' : `,"release":${quote(release)}`;
  const writer = `Z","event":"request","slot":${slot},"generation":${generation}${named},"pid":${pid},"id":"`;
  const [given, made] = [ascii(writer), ascii(writer + idPrefix)];
  const [agent, referer] = [optional('userAgent'), optional('referer')];
  return (line, out) => {
    const { id, headers, firstByteMs } = line;
    clock.iso(out, line.now);
    if (id === undefined) {
      out.write(made);
      out.number(line.sequence);
    } else {
      out.write(given);
      out.ascii(id);
    }
    if (line.trace !== undefined) {
      out.write(TRACE);
      out.ascii(line.trace);
    }
    out.write(CLIENT);
    out.ascii(line.client);
    if (line.method !== '') {
      out.write(METHOD);
      writeQuoted(out, line.method);
      out.write(TARGET);
      writeQuoted(out, line.target);
    }
    if (line.version === '1.1') out.write(USUAL_STATUS);
    else {
      if (line.version !== '') {
        out.write(PROTOCOL);
        out.ascii(line.version);
      }
      out.write(STATUS);
    }
    out.number(line.status);
    out.write(BYTES);
    out.number(line.bytes);
    out.write(DURATION);
    out.micros(line.durationMs);
    if (!Number.isNaN(firstByteMs)) {
      out.write(FIRST_BYTE);
      out.micros(firstByteMs);
    }
    agent(out, headers['user-agent']);
    referer(out, headers.referer);
    if (line.moved) out.write(MOVED);
    const shed = whyShed(line.response);
    if (shed !== undefined) {
      out.write(SHED);
      out.ascii(shed);
      out.write(QUOTE);
    }
    if (line.closed !== undefined) {
      out.write(CLOSED);
      out.ascii(line.closed);
      out.write(QUOTE);
    }
    out.write(END);
  };
}
