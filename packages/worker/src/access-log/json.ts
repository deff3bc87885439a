/** The JSON format: an object on one line. */
import { Clock, formatMicros } from './clock.ts';
import { quote } from './escape.ts';
import type { Format, Writer } from './line.ts';

export function jsonFormat({ slot, generation, pid, release }: Writer): Format {
  const clock = new Clock();
  const named = release === undefined ? '' : `,"release":${quote(release)}`;
  const writer = `","slot":${slot},"generation":${generation}${named},"pid":${pid},"id":"`;
  // Most requests come from few kinds of clients.
  let agent: string | undefined;
  let agentText = '';
  return (line) => {
    const { headers, trace, firstByteMs } = line;
    const userAgent = headers['user-agent'];
    if (userAgent !== agent) {
      agent = userAgent;
      agentText = userAgent === undefined ? '' : `,"userAgent":${quote(userAgent)}`;
    }
    let text = `{"time":"${clock.iso(line.now)}${writer}${line.id}`;
    if (trace !== undefined) text += `","trace":"${trace}`;
    text += `","client":"${line.client}","method":${quote(line.method)},"target":${quote(line.target)}`;
    text += `,"protocol":"HTTP/${line.version}","status":${line.status},"bytes":${line.bytes}`;
    text += `,"durationMs":${formatMicros(line.durationMs)}`;
    if (firstByteMs !== undefined) text += `,"firstByteMs":${formatMicros(firstByteMs)}`;
    text += agentText;
    if (headers.referer !== undefined) text += `,"referer":${quote(headers.referer)}`;
    if (line.moved) text += ',"moved":true';
    if (line.closed !== undefined) text += `,"closed":"${line.closed}"`;
    return `${text}}\n`;
  };
}
