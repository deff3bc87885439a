import { type ReloadPlan, TshornError } from '@tshorn/core';
import { colourOfOutcome, paintFor, print } from '../style.ts';
import { brokeOff, onInterrupt, requestOnly } from './asking.ts';
import { chooseMaster } from './choose.ts';
import { ask, type StreamEvent, stream } from './client.ts';
import type { Which } from './find.ts';
import { Live } from './live.ts';
import { PlainLines } from './plain-lines.ts';
import { ReloadView } from './reload-view.ts';
import type { Status } from './status-view.ts';

export interface ReloadValues extends Which {
  readonly plan?: ReloadPlan | undefined;
  readonly dryRun: boolean;
  readonly abort: boolean;
  readonly json: boolean;
  readonly noWait: boolean;
}

/** Shows the events as they arrive. */
interface Show {
  event(event: StreamEvent): void;
  /** Must be called before anything else is printed, and at the end. */
  end(): void;
}

/** `tshorn reload`: resolves with 0 when the reload has committed. @throws TshornError ERR_STATE (1) when it has not */
export async function reload({ plan, json, noWait, ...values }: ReloadValues): Promise<number> {
  const socket = await chooseMaster({ json, ...values });
  if (values.dryRun) return (await import('./dry-run.ts')).dryRun(socket, { plan, json });
  if (values.abort) return abort(socket, { json, noWait });
  const body = { by: 'tshorn reload', ...(plan && { plan }) };
  const text = 'reload requested; tshorn status shows its outcome';
  if (noWait) return requestOnly(socket, '/reload', body, { json, text });
  committed(await follow(socket, '/reload', body, { json, continues: 'the reload continues' }), json);
  return 0;
}

/** Prints the verdict. @throws TshornError ERR_STATE (1) when the reload has not committed */
export function committed({ outcome, msg, lastLines }: StreamEvent, json: boolean): void {
  if (outcome !== 'committed') {
    const detail = Array.isArray(lastLines) && { detail: lastLines.join('\n') };
    throw new TshornError('ERR_STATE', msg, detail || {});
  }
  if (!json) print(paintFor(process.stdout, process.env)(colourOfOutcome('committed'), msg));
}

/** `tshorn reload --abort`: resolves with 0 when the reload was rolled back. @throws TshornError ERR_STATE (1) else */
async function abort(
  socket: string,
  { json, noWait }: Pick<ReloadValues, 'json' | 'noWait'>,
): Promise<number> {
  const body = { by: 'tshorn reload --abort' };
  const text = 'abort requested; tshorn status shows its outcome';
  if (noWait) return requestOnly(socket, '/abort', body, { json, text });
  const { outcome, msg, stops } = await follow(socket, '/abort', body, {
    json,
    continues: 'the rollback continues',
  });
  // A stop also ends a reload, but does not roll it back.
  if (stops || (outcome !== 'rolled-back' && outcome !== 'aborted')) throw new TshornError('ERR_STATE', msg);
  if (!json) print(paintFor(process.stdout, process.env)('green', msg));
  return 0;
}

/** Shows the streamed events and resolves with the verdict. @throws TshornError ERR_CONTROL when there is none */
export async function follow(
  socket: string,
  path: string,
  body: object,
  { json, continues }: { json: boolean; continues: string },
): Promise<StreamEvent & { stops: boolean }> {
  const show = json ? jsonLines : process.stdout.isTTY ? await livePicture(socket) : new PlainLines(print);
  const release = onInterrupt(() => {
    show.end();
    process.stderr.write(`tshorn: ${continues}; tshorn status shows its outcome\n`);
  });
  let verdict: StreamEvent | undefined;
  let stops = false;
  try {
    for await (const event of stream(socket, path, body)) {
      show.event(event);
      if (event.event === 'reload-finished') verdict = event;
      stops ||= event.event === 'stopping';
    }
  } finally {
    show.end();
    release();
  }
  if (!verdict) throw brokeOff('the reload');
  return { ...verdict, stops };
}

const jsonLines: Show = { event: (event) => print(JSON.stringify(event)), end() {} };

/** Warnings that the picture does not show. */
const DOUBTS: readonly unknown[] = ['canary', 'same-files', 'noted', 'certificates-refused'];

async function livePicture(socket: string): Promise<Show> {
  const { workers } = (await ask(socket, '/status')) as Status;
  const view = new ReloadView(workers);
  const paint = paintFor(process.stdout, process.env);
  const begin = performance.now();
  const live = new Live(process.stdout, (width) => view.lines(performance.now() - begin, width, paint));
  /** Lines that remain after the picture: a canary without a verdict, a rollback that brings no other code, certificates that stay. */
  const doubts: string[] = [];
  let ended = false;
  return {
    event(event) {
      const isDoubt = event.level === 'warn' || event.event === 'certificates-refused';
      if (isDoubt && DOUBTS.includes(event.event)) doubts.push(event.msg);
      view.apply(event);
      live.draw();
    },
    end() {
      if (ended) return;
      ended = true;
      live.end();
      for (const doubt of doubts) print(paint('yellow', doubt));
    },
  };
}
