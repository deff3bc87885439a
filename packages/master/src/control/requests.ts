/** Reads the body and the query of a request. Pure; anything that does not fit is a BadRequest with one sentence. */
import { parseRange } from '@tshorn/config';
import { MOST_WORKERS, RELOAD_PLANS, type ReloadPlan, type WorkerRange } from '@tshorn/core';
import type { Operation, StopMode } from '../decide/model.ts';
import type { MasterStatus } from '../status.ts';

export class BadRequest extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

export type Body = Readonly<Record<string, unknown>>;

const DEFAULT_BY = 'control socket';
const MODES: readonly StopMode[] = ['graceful', 'quick', 'now'];

/** An empty body is an empty object. */
export function readBody(text: string): Body {
  if (text.trim() === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new BadRequest(`the body is not JSON: ${(error as Error).message}`);
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  throw new BadRequest('the body is JSON, but no object; expected one such as {"by":"deploy"}');
}

/** Refuses a field that would be ignored: the answer would say that it was done. */
function only(body: Body, ...known: string[]): void {
  const stray = Object.keys(body).find((key) => !known.includes(key));
  if (stray === undefined) return;
  throw new BadRequest(`"${stray}" is not a field of this request; it takes ${known.join(', ')}`);
}

/** @param known the one parameter that this request takes */
export function checkQuery(query: URLSearchParams, known: string | undefined): void {
  const stray = [...query.keys()].find((key) => key !== known);
  if (stray !== undefined) {
    const takes = known === undefined ? 'none' : `?${known}=`;
    throw new BadRequest(`"${stray}" is not a parameter of this request; it takes ${takes}`);
  }
  for (const name of ['wait', 'follow']) {
    const value = query.get(name);
    if (value !== null && value !== '0' && value !== '1')
      throw new BadRequest(`"${name}" is neither 0 nor 1`);
  }
}

/** Reads the requester's name, which goes into log lines: one short line. */
function requesterOf({ by = DEFAULT_BY }: Body): string {
  if (typeof by === 'string' && /^[^\p{Cc}]{1,100}$/u.test(by)) return by;
  throw new BadRequest('"by" is not a text of 1 to 100 characters in one line');
}

export function readReload(body: Body): Extract<Operation, { kind: 'reload' }> {
  only(body, 'by', 'plan');
  const plan = readPlan(body.plan);
  return { kind: 'reload', by: requesterOf(body), ...(plan && { plan }) };
}

/** `release`: its name, or a generation; absent: the release that served before. */
export function readRollback(body: Body): { by: string; plan?: ReloadPlan; release?: string } {
  only(body, 'by', 'plan', 'release');
  const plan = readPlan(body.plan);
  const { release } = body;
  if (release !== undefined && typeof release !== 'string' && typeof release !== 'number')
    throw new BadRequest('"release" is neither the name of a release nor the number of a generation');
  return {
    by: requesterOf(body),
    ...(plan && { plan }),
    ...(release !== undefined && { release: `${release}` }),
  };
}

/** Undefined stands for the plan of the config. */
export function readPlan(value: unknown): ReloadPlan | undefined {
  if (value === undefined) return undefined;
  const plan = RELOAD_PLANS.find((known) => known === value);
  if (plan === undefined) throw new BadRequest(`"plan" is none of ${RELOAD_PLANS.join(', ')}`);
  return plan;
}

/** For a request that names nobody but its requester. */
export function readBy(body: Body): { by: string } {
  only(body, 'by');
  return { by: requesterOf(body) };
}

/** The reason why the reload under way cannot be rolled back; undefined when it can, or is being rolled back already. */
export function refusalToAbort({ state, reload }: MasterStatus): string | undefined {
  if (state === 'draining' || state === 'stopped') return 'the server is stopping, which ends its reload';
  if (!reload) return 'there is no reload under way: nothing to abort';
  if (!reload.committed) return undefined;
  return `the reload to gen=${reload.generation} has committed already: nothing to abort; tshorn rollback brings the older release back`;
}

export type ScaleRequest = { readonly by: string } & (
  | { readonly to: number }
  | { readonly range: WorkerRange; readonly back?: true }
);

/** @param size the number of workers that `delta` starts from */
export function readScale(body: Body, size: number): ScaleRequest {
  only(body, 'to', 'delta', 'range', 'by');
  const by = requesterOf(body);
  if ([body.to, body.delta, body.range].filter((field) => field !== undefined).length !== 1) {
    throw new BadRequest(
      'a scale takes one of "to", "delta" and "range", as in {"to":4}, {"delta":-1} or {"range":"2..8"}',
    );
  }
  if (body.range !== undefined) {
    const range = typeof body.range === 'string' ? parseRange(body.range) : undefined;
    if (range === undefined) throw new BadRequest('"range" is neither a range such as "2..8" nor "auto"');
    if (typeof range === 'number') return { by, to: range };
    return { by, range, ...(body.range === 'auto' && { back: true }) };
  }
  const field = body.to === undefined ? 'delta' : 'to';
  const number = body[field];
  if (!Number.isSafeInteger(number)) throw new BadRequest(`"${field}" is not a whole number`);
  const to = field === 'to' ? (number as number) : size + (number as number);
  const now = field === 'to' ? '' : ` (there are ${size})`;
  // A difference that does not fit is the state of the server, and no mistake of the request.
  const code = field === 'to' ? 400 : 409;
  if (to < 1) throw new BadRequest(`that would be ${to} workers${now}: the minimum is 1`, code);
  if (to > MOST_WORKERS)
    throw new BadRequest(`that would be ${to} workers${now}: the maximum is ${MOST_WORKERS}`, code);
  return { by, to };
}

export function readStop(body: Body): { mode: StopMode; by: string } {
  only(body, 'mode', 'by');
  const mode = MODES.find((known) => known === (body.mode ?? 'graceful'));
  if (mode === undefined) throw new BadRequest(`"mode" is none of ${MODES.join(', ')}`);
  return { mode, by: requesterOf(body) };
}
