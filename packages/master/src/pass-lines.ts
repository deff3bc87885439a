/** Passes a worker's stream on as it comes, but for the lines that a filter takes. */
import type { Readable, Writable } from 'node:stream';

const NEWLINE = 0x0a;

/** @param isTaken is given each line without its end; true: the line goes no further */
export function passLines(from: Readable, to: Writable, isTaken: (line: string) => boolean): void {
  let rest: Buffer = Buffer.alloc(0);
  from.on('data', (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      const line = rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
      if (!isTaken(line.toString('utf8', 0, end))) to.write(line);
    }
  });
  from.on('end', () => {
    if (rest.length > 0) to.write(rest);
  });
  // Nobody may read what people are told; the service goes on.
  if (to.listenerCount('error') === 0) to.on('error', () => {});
  // A worker that dies takes its end of the pipe along.
  from.on('error', () => {});
}
