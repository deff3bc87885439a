/** The answer of an app to an upgrade: the bytes that it writes on the connection first say so. Node has no response for it. */
import type { Duplex } from 'node:stream';

/** A head that is longer is taken for one of this length. */
const LONGEST_HEAD = 16_384;
const HEAD_ENDS = '\r\n\r\n';
const LONGEST_STATUS_LINE = 16;
const SWITCHES = 101;

export interface Answer {
  /** Undefined until something is written. Bytes that are no HTTP count as a change of the protocol. */
  status: number | undefined;
  headBytes: number;
}

/** @param onFirstByte is called when the app begins to answer */
export function watchAnswer(duplex: Duplex, onFirstByte: () => void): Answer {
  const answer: Answer = { status: undefined, headBytes: 0 };
  // Another one looks at what is written: of a request that is read again, whose answer its client has had.
  if (Object.hasOwn(duplex, 'write')) return { ...answer, status: SWITCHES };
  const { write, end } = duplex;
  /** Undefined when it has been read: an app that wraps `write` keeps ours for the life of the connection. */
  let head: string | undefined = '';
  const look = (chunk: unknown, encoding: unknown): void => {
    if (head === undefined) return;
    const text = textOf(chunk, encoding);
    if (text === '') return;
    if (head === '') onFirstByte();
    head += text.slice(0, LONGEST_HEAD);
    const [, status] = /^HTTP\/1\.[01] (\d{3})\b/.exec(head.slice(0, LONGEST_STATUS_LINE)) ?? [];
    answer.status = status === undefined ? SWITCHES : Number(status);
    const at = head.indexOf(HEAD_ENDS);
    const isHttp = 'HTTP/1.'.startsWith(head.slice(0, 7));
    answer.headBytes = isHttp ? (at < 0 ? head.length : at + HEAD_ENDS.length) : 0;
    if (at < 0 && isHttp && head.length < LONGEST_HEAD) return;
    head = undefined;
    if (duplex.write === watchedWrite) delete (duplex as Partial<Duplex>).write;
    if (duplex.end === watchedEnd) delete (duplex as Partial<Duplex>).end;
  };
  const watchedWrite = ((...args: Parameters<Duplex['write']>) => {
    look(args[0], args[1]);
    return Reflect.apply(write, duplex, args);
  }) as Duplex['write'];
  // The end of a stream does not go through its `write`.
  const watchedEnd = ((...args: unknown[]) => {
    look(args[0], args[1]);
    return Reflect.apply(end, duplex, args);
  }) as Duplex['end'];
  duplex.write = watchedWrite;
  duplex.end = watchedEnd;
  return answer;
}

function textOf(chunk: unknown, encoding: unknown): string {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8').toString(
      'latin1',
    );
  }
  return chunk instanceof Uint8Array ? Buffer.from(chunk).toString('latin1', 0, LONGEST_HEAD) : '';
}
