/** The windows in which this end may send (RFC 9113, sections 5.2 and 6.9). */
import { ConnectionError, FLOW_CONTROL_ERROR, HIGHEST, PROTOCOL_ERROR } from './frames.ts';
import type { Stream } from './stream.ts';

interface Windows {
  readonly streams: ReadonlyMap<number, Stream>;
  sendWindow: number;
  initialWindow: number;
}

const tooWide = (): ConnectionError => new ConnectionError(FLOW_CONTROL_ERROR, 'a window above the highest');

/** Windows that are open change by the difference, and may fall below zero (section 6.9.2). */
export function resizeWindows(session: Windows, initialWindow: number): void {
  const difference = initialWindow - session.initialWindow;
  session.initialWindow = initialWindow;
  for (const stream of session.streams.values()) {
    stream.sendWindow += difference;
    if (stream.sendWindow > HIGHEST) throw tooWide();
  }
}

export function widenConnection(session: Windows, more: number): void {
  if (more === 0) throw new ConnectionError(PROTOCOL_ERROR, 'a window update of 0');
  session.sendWindow += more;
  if (session.sendWindow > HIGHEST) throw tooWide();
}

export function widenStream(stream: Stream, more: number): void {
  if (more === 0) return stream.reset(PROTOCOL_ERROR);
  stream.sendWindow += more;
  if (stream.sendWindow > HIGHEST) stream.reset(FLOW_CONTROL_ERROR);
}
