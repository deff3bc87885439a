/** Finds the outcome of an operation among the notices: by the id of the request, never by a text. */
import type { Notice } from './decide/notice.ts';

let last = 0;

/** A number that no other request of this process has. */
export const nextOperationId = (): number => ++last;

/** True for the notice that the change of size asked for by `id` has reached its number of workers. */
export const isReached = (notice: Notice, id: number): boolean =>
  notice.event === 'resized' && notice.size === notice.target && notice.operation.ids.includes(id);

/** The reason for which the change of size asked for by `id` will not come; undefined while it may. */
export function whyScaleFailed(notice: Notice, id: number): string | undefined {
  if (notice.event === 'stopping') return 'the server stops';
  return notice.event === 'operation-failed' && notice.operation.ids.includes(id) ? notice.text : undefined;
}
