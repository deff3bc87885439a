/** Writes each notice to the log: one line of text, and the same facts as JSON fields. */
import { type DrainReport, describeWorker, formatAddress, formatMs } from '@tshorn/core';
import { textOfContainment } from './containment-text.ts';
import type { FailedCleanUps } from './decide/model.ts';
import type { Notice } from './decide/notice.ts';
import { describeRelease } from './decide/releases.ts';
import type { Listener } from './listeners.ts';
import type { Logger } from './log.ts';
import type { LogEvent } from './log-events.ts';

export function write(log: Logger, notice: Notice): void {
  log[notice.level](fieldsOf(notice), textOf(notice));
}

export interface Line {
  readonly event: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A notice as a line: its line in the log, with the level as a word. */
export const lineOf = (notice: Notice): Line => ({
  ...fieldsOf(notice),
  event: notice.event,
  level: notice.level,
  msg: textOf(notice),
});

export function writeListening(log: Logger, listeners: readonly Listener[]): void {
  for (const { address, source, redirect } of listeners) {
    const text = formatAddress(address);
    const tcp = address.kind === 'tcp';
    const fields = {
      event: 'listening' as const,
      address: text,
      ...(tcp && { port: address.port }),
      source,
      ...(redirect && { redirect: true }),
    };
    const how = [source === 'bound' ? '' : ` (${source})`, redirect ? ', to redirect to https' : ''].join('');
    log.info(fields, `listening on ${tcp && !address.scheme ? `http://${text}` : text}${how}`);
  }
}

/** Options that a reload has read and that keep their running values. */
export function writeNeedsRestart(log: Logger, options: readonly string[]): void {
  if (options.length === 0) return;
  const text = `the reload does not apply ${options.join(', ')}: restart or re-exec (SIGUSR2) to apply`;
  log.warn({ event: 'needs-restart', options }, text);
}

export function textOf(notice: Notice): string {
  switch (notice.event) {
    case 'started':
      return `started: ${workers(notice.size)} ready${named(notice)}`;
    case 'reload-started': {
      const { generation, because, operation, plan, backTo, release: name } = notice;
      const why = because ? `: ${because}` : ` by ${operation.by}`;
      const back = backTo === undefined ? '' : ` back to ${describeRelease({ generation: backTo, name })}`;
      return `reload to gen=${generation}${back}${why}${plan ? `, plan ${plan}` : ''}`;
    }
    case 'reload-finished': {
      const { generation, outcome, serving, replaced, tookMs, reason } = notice;
      const what = `reload to gen=${generation} ${outcome.replace('-', ' ')}`;
      const took = `${formatMs(tookMs)}${named(notice)}`;
      const failed = textOfCleanUps(notice.cleanUps);
      if (outcome === 'committed') return `${what}: ${workers(replaced)} replaced in ${took}${failed}`;
      const state = serving === undefined ? ', nothing serves yet' : `, gen=${serving} still serves`;
      // In watch mode the line before says why.
      const isTold = notice.operation.by === 'watch' && (outcome === 'failed' || outcome === 'rolled-back');
      const why = isTold ? '' : `: ${reason}`;
      return `${what} after ${took}${outcome === 'failed' ? '' : state}${why}${failed}`;
    }
    case 'canary':
      return `canary gen=${notice.generation} ${notice.pass ? 'passed' : 'failed'}: ${notice.text}`;
    case 'rolling-back':
      return `rolling back reload to gen=${notice.generation}: ${notice.reason}`;
    case 'scaling':
      return `scaling ${notice.from} -> ${notice.to}: ${notice.text}`;
    case 'resized':
      return `workers: ${notice.from} -> ${notice.size}`;
    case 'degraded':
      return `degraded: ${notice.ready} of ${workers(notice.size)} ready: ${notice.reason}`;
    case 'recovered':
      return `recovered: ${notice.ready} of ${workers(notice.size)} ready, after ${formatMs(notice.tookMs)}`;
    case 'crash-loop': {
      const { failures, tookMs, nextMs, reason } = notice;
      const who = `${workers(notice.workers)} ${notice.workers === 1 ? 'keeps' : 'keep'} failing`;
      const next = `next attempts in up to ${seconds(nextMs)}`;
      return `${who}: ${failures} failures in ${seconds(tookMs)}, ${next}; last: ${reason}`;
    }
    case 'leaving':
    case 'stopping':
      return `${notice.event}: ${notice.text}`;
    case 'staying':
      return `staying: by ${notice.by}, after ${formatMs(notice.tookMs)}`;
    case 'stopped':
      return `stopped: ${notice.text}${textOfCleanUps(notice.cleanUps)}`;
    case 'operation-failed':
    case 'noted':
    case 'same-files':
    case 'certificates-refused':
    case 're-exec-started':
    case 're-exec-finished':
    case 'took-over':
      return notice.text;
    default: {
      const parts = [
        notice.position && `step ${notice.position.step}/${notice.position.of}`,
        !notice.containment && notice.event,
        describeWorker(notice.worker) + (notice.event === 'rescuing' ? ':' : ''),
        notice.report && textOfDrain(notice.report),
        notice.containment && textOfContainment(notice.containment),
        textWithInFlight(notice),
      ];
      const line = parts.filter(Boolean).join(' ');
      return notice.detail ? `${line}\n${notice.detail.replace(/^/gm, '  | ')}` : line;
    }
  }
}

/** A worker that ended without a word has cost what it had, as far as its last report tells. */
function textWithInFlight({
  text,
  inFlight,
}: {
  readonly text?: string;
  readonly inFlight?: number;
}): string {
  const lost = inFlight ? `${inFlight} request${inFlight === 1 ? '' : 's'} in flight at its last report` : '';
  return [text, lost].filter(Boolean).join('; ');
}

const workers = (count: number): string => `${count} worker${count === 1 ? '' : 's'}`;

const textOfCleanUps = (cleanUps: FailedCleanUps | undefined): string =>
  cleanUps ? `; the app's own clean-up failed in ${workers(cleanUps.failed)}: ${cleanUps.reason}` : '';

/** The name of the release. */
const named = ({ release }: { readonly release?: string }): string =>
  release === undefined ? '' : ` (release=${release})`;

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

function textOfDrain(report: DrainReport): string {
  const { moved, finished, closed, forceClosed, refused, answered, tookMs } = report;
  const reasons = Object.entries(refused).map(([reason, count]) => `${reason}:${count}`);
  const stayed = reasons.length > 0 ? ` refused=${reasons.join(',')}` : '';
  // Of a worker that fails the line `contained` follows, with the requests that it has finished: these are connections.
  const ended = answered === undefined ? ` finished=${finished}` : '';
  return `moved=${moved}${ended} closed=${closed} force-closed=${forceClosed}${stayed} in ${formatMs(tookMs)}`;
}

/** The fields of a log line, without its text. */
export function fieldsOf(notice: Notice): { readonly event: LogEvent } & Record<string, unknown> {
  if (!('worker' in notice)) {
    const { level: _level, ...fields } = notice;
    const { operation, tookMs, ...others } = { operation: undefined, tookMs: undefined, ...fields };
    return {
      ...others,
      ...(operation && { by: operation.by }),
      ...(tookMs !== undefined && { tookMs: Math.round(tookMs) }),
    };
  }
  const { event, worker, position, report, containment, culprit, text, lastLines, inFlight } = notice;
  const { method, path, id } = culprit ?? {};
  return {
    event,
    worker: worker.slot,
    gen: worker.generation,
    pid: worker.pid,
    ...position,
    ...(report && { ...report, tookMs: Math.round(report.tookMs) }),
    ...(containment && { ...containment, tookMs: Math.round(containment.tookMs) }),
    ...(inFlight !== undefined && { inFlight }),
    ...(culprit && { method, path, ...(id !== undefined && { id }) }),
    ...(event === 'broken' && { reason: text }),
    // Not in the text: where the log is standard error too, they stand right above.
    ...(lastLines && { lastLines }),
  };
}
