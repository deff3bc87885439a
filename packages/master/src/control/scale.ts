/** `POST /scale`: asks for a number of workers, or a range of them, and answers when that is reached. */
import type { ServerResponse } from 'node:http';
import type { Notice } from '../decide/notice.ts';
import { isReached, nextOperationId, whyScaleFailed } from '../operation-id.ts';
import type { Controlled } from './controlled.ts';
import { type Body, readScale } from './requests.ts';

/** @throws BadRequest */
export function scale(
  master: Controlled,
  body: Body,
  waits: boolean,
  response: ServerResponse,
  answer: (status: number, value: object) => void,
): void {
  const { size: from, desired } = master.status();
  const request = { kind: 'scale', ...readScale(body, desired.workers) } as const;
  if ('to' in request && request.to === from && request.to === desired.workers) {
    // The number stays, but slots in back-off try again at once.
    master.request(request);
    return answer(200, { from, to: from });
  }
  const id = nextOperationId();
  const reached = () => {
    const { workers: to, range } = master.status().desired;
    return { from, to: 'to' in request ? request.to : to, ...('range' in request && range && { range }) };
  };
  const look = (notice: Notice) => {
    const failed = whyScaleFailed(notice, id);
    if (failed !== undefined) end(409, { error: failed });
    else if (isReached(notice, id)) end(200, reached());
  };
  const end = (status: number, value: object) => {
    master.off('notice', look);
    if (!response.headersSent) answer(status, value);
  };
  if (!waits) {
    master.request({ ...request, ids: [id] });
    return answer(202, { accepted: true, ...reached() });
  }
  master.on('notice', look);
  response.once('close', () => master.off('notice', look));
  master.request({ ...request, ids: [id] });
}
