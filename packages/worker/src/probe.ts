/**
 * The built-in part of `postWorkerInit`: asks the app for its status page, within this process. A path that somebody
 * chose has to answer 2xx. At the default path, which the app need not know, any answer below 500 is a sign of life.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Header } from '@tshorn/config';
import { describeThrown, type ProbeReport, TshornError } from '@tshorn/core';
import { placeOf } from './app/app-frames.ts';
import { excerptOf } from './probe-excerpt.ts';
import { type Answer, NoAnswer } from './transport/ask-in-process.ts';
import type { Transport } from './transport/transport.ts';

type Asked = Pick<Transport, 'ask' | 'answersRequests'>;

export interface ProbeSettings {
  readonly statusPath: string;
  readonly statusPathGiven: boolean;
  readonly statusHeader: readonly Header[];
  /** Milliseconds for one attempt. */
  readonly probeTimeout: number;
  readonly probeAttempts: number;
  readonly probeAttemptsGiven: boolean;
  readonly probeInterval: number;
}

/** One attempt, before the verdict: see the message `probing`. */
export interface Attempt {
  readonly attempt: number;
  readonly reason: string;
  readonly tookMs: number;
}

type Outcome = Omit<ProbeReport, 'tookMs'>;

/** Answers of an app that has begun to listen and is not ready yet: its routes or its connections are missing. */
const NOT_YET = /^(?:404|503)\b/;
/** For this long it is asked again at a chosen path, unless somebody has limited the attempts. */
const LATE_MS = 10_000;
const LEAST_PAUSE_MS = 100;

/**
 * @param tell is called when the probe begins, and for each attempt that fails and is not the last
 * @throws TshornError when the app's exported function is no request handler
 */
export async function probe(
  transport: Asked,
  settings: ProbeSettings,
  tell: (attempt: Attempt) => unknown,
): Promise<ProbeReport> {
  const start = performance.now();
  const tookMs = () => performance.now() - start;
  const { statusPath, statusPathGiven, probeAttempts, probeInterval } = settings;
  if (statusPath === '') return { verdict: 'ok', tookMs: 0 };

  await tell({
    attempt: 0,
    reason: `${statusPath}: no answer yet${statusPathGiven ? '' : `; ${onlyTheDefault(statusPath)}`}`,
    tookMs: 0,
  });
  const patience = patienceOf(settings);
  for (let attempt = 1; ; attempt++) {
    const outcome = await ask(transport, settings);
    const isLate = NOT_YET.test(outcome.status ?? '') && tookMs() < patience;
    if (outcome.verdict !== 'broken' || (attempt >= probeAttempts && !isLate)) {
      return { ...outcome, tookMs: tookMs() };
    }
    await tell({ attempt, reason: outcome.reason ?? '', tookMs: tookMs() });
    await sleep(attempt < probeAttempts ? probeInterval : Math.max(probeInterval, LEAST_PAUSE_MS));
  }
}

/** Milliseconds; never more than the attempts may take that the master waits for. */
function patienceOf({ statusPathGiven, probeAttemptsGiven, ...settings }: ProbeSettings): number {
  if (!statusPathGiven || probeAttemptsGiven) return 0;
  const { probeAttempts, probeTimeout, probeInterval } = settings;
  return Math.min(LATE_MS, (probeAttempts - 1) * (probeTimeout + probeInterval));
}

const NOBODY = 'the server has no listener for requests';
const NO_HTTP = 'an app that answers no HTTP requests wants --no-status-path';

async function ask(transport: Asked, settings: ProbeSettings): Promise<Outcome> {
  const { statusPath: path, statusPathGiven: chosen, statusHeader: headers, probeTimeout } = settings;
  if (!transport.answersRequests()) {
    const reason = `${path}: ${NOBODY}`;
    return chosen
      ? { verdict: 'broken', reason: `${reason}; ${NO_HTTP}` }
      : { verdict: 'alive', status: NOBODY, reason };
  }
  try {
    const question = { path, userAgent: 'tshorn-probe', headers, timeout: probeTimeout };
    return judge(await transport.ask(question), path, chosen);
  } catch (error) {
    if (error instanceof TshornError) throw error;
    const how = error instanceof NoAnswer ? error.message : describeThrown(error);
    const hint = chosen ? '' : `; ${onlyTheDefault(path)}`;
    return { verdict: 'broken', reason: `${path}: ${how}${hint}` };
  }
}

function judge(answer: Answer, path: string, chosen: boolean): Outcome {
  const { code, status, failure } = answer;
  if (code >= 200 && code < 300) return { verdict: 'ok', status };
  if ('failure' in answer) {
    // The export is no handler: no other attempt makes it one.
    if (failure instanceof TshornError) throw failure;
    const how = describeThrown(failure).split('\n', 1)[0];
    return { verdict: 'broken', status, reason: `${path}: ${how}${placeOf(failure)}` };
  }
  const reason = `${path} answered ${status}`;
  if (!chosen && code < 500) return { verdict: 'alive', status, reason };
  const hint = chosen ? wayOut(answer) : onlyTheDefault(path);
  return { verdict: 'broken', status, reason: `${reason}${excerptOf(answer)}${hint && `; ${hint}`}` };
}

// Socket.IO answers only requests of its own; a server that was made for it alone answers no others.
const onlyTheDefault = (path: string): string =>
  `${path} is only the default: --status-path PATH asks for another, --no-status-path for none`;

/** An app that answers 5xx is not well, and no other question makes it so. */
function wayOut(answer: Answer): string {
  if (answer.code >= 500) return '';
  return `a chosen path has to answer 2xx: choose another by --status-path, send what it asks for by --status-header '${headerFor(answer)}', or do not ask by --no-status-path`;
}

/** The header that turns such an answer into a good one, where apps and their frameworks are known to ask for it. */
function headerFor({ code, headers = {}, body = '' }: Answer): string {
  if (/apollo-require-preflight/i.test(body)) return 'apollo-require-preflight: true';
  if (code < 400 && headers.location?.startsWith('https:')) return 'X-Forwarded-Proto: https';
  if (
    code === 421 ||
    /\b(?:invalid|unknown|disallowed|blocked)\b.*\bhost\b|\bhost\b.*\bnot allowed/i.test(body)
  ) {
    return 'Host: example.com';
  }
  return code === 401 || code === 403 ? 'Authorization: ...' : 'Name: value';
}
