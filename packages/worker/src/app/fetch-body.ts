/** The body of a node:http request as a web stream. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Reads nothing before the app does, and never more than it takes: Readable.toWeb() reads ahead, and then
 * Node no longer drops the rest of a body that the app does not read, which blocks the connection.
 */
export function requestBody(req: IncomingMessage, res: ServerResponse): ReadableStream<Uint8Array> | null {
  if (req.headers['transfer-encoding'] === undefined && !Number(req.headers['content-length'])) return null;
  let reading = false;
  let onData: (chunk: Uint8Array) => void;
  const dropTheRest = () => {
    if (reading) req.off('data', onData).resume();
  };
  res.once('finish', dropTheRest);

  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!reading) {
          reading = true;
          onData = (chunk) => {
            controller.enqueue(chunk);
            if ((controller.desiredSize ?? 0) <= 0) req.pause();
          };
          req.on('data', onData);
          req.once('end', () => closeQuietly(controller));
          req.once('error', (error) => controller.error(error));
          // Cut without an error event: the response was destroyed on this side.
          req.once('close', () => {
            if (!req.readableEnded) controller.error(new Error('the connection was closed'));
          });
        }
        req.resume();
      },
      cancel: dropTheRest,
    },
    { highWaterMark: 0 },
  );
}

/** A stream that was cancelled cannot be closed. */
function closeQuietly(controller: ReadableStreamDefaultController): void {
  try {
    controller.close();
  } catch {}
}
