/** The built-in part of `postWorkerInit`: asks the app for its own status page, within this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeThrown, type ProbeReport } from '@tshorn/core';
import { NoAnswer } from './transport/ask-in-process.ts';
import type { Transport } from './transport/transport.ts';

type Asked = Pick<Transport, 'ask' | 'answersRequests'>;

export interface ProbeSettings {
  readonly statusPath: string;
  readonly statusPathGiven: boolean;
  /** Milliseconds for one attempt. */
  readonly probeTimeout: number;
  readonly probeAttempts: number;
  readonly probeInterval: number;
}

export async function probe(transport: Asked, settings: ProbeSettings): Promise<ProbeReport> {
  const start = performance.now();
  const report = (rest: Omit<ProbeReport, 'tookMs'>): ProbeReport => ({
    ...rest,
    tookMs: performance.now() - start,
  });
  if (settings.statusPath === '') return report({ verdict: 'ok' });

  for (let attempt = 1; ; attempt++) {
    const outcome = await ask(transport, settings);
    if (outcome.verdict !== 'broken' || attempt >= settings.probeAttempts) return report(outcome);
    await sleep(settings.probeInterval);
  }
}

/** 404, and the 426 with which the `ws` package's server answers every request that is no upgrade. */
const KNOWS_NO_PATH = new Set([404, 426]);
const NOBODY = 'the server has no listener for requests';

async function ask(transport: Asked, settings: ProbeSettings): Promise<Omit<ProbeReport, 'tookMs'>> {
  const { statusPath: path, statusPathGiven, probeTimeout } = settings;
  if (!transport.answersRequests()) {
    return statusPathGiven
      ? { verdict: 'broken', reason: `${path}: ${NOBODY}` }
      : { verdict: 'no-status', status: NOBODY };
  }
  try {
    const question = { path, userAgent: 'tshorn-probe', timeout: probeTimeout };
    const { code, status } = await transport.ask(question);
    if (code >= 200 && code < 300) return { verdict: 'ok', status };
    if (KNOWS_NO_PATH.has(code) && !settings.statusPathGiven) return { verdict: 'no-status', status };
    return { verdict: 'broken', status, reason: `${path} answered ${status}` };
  } catch (error) {
    if (!(error instanceof NoAnswer))
      return { verdict: 'broken', reason: `${path}: ${describeThrown(error)}` };
    // Socket.IO answers only requests of its own; a server that was made for it alone answers no others.
    const hint = statusPathGiven ? '' : '; an app that answers no HTTP requests wants --no-status-path';
    return { verdict: 'broken', reason: `${path}: ${error.message}${hint}` };
  }
}
