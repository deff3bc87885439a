/** The built-in part of `postWorkerInit`: asks the app for its own status page, in-process. */
import type http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeThrown, type ProbeReport } from '@tshorn/core';
import { askInProcess, NoAnswer } from './ask-in-process.ts';

export interface ProbeSettings {
  readonly statusPath: string;
  readonly statusPathGiven: boolean;
  /** Milliseconds for one attempt. */
  readonly probeTimeout: number;
  readonly probeAttempts: number;
  readonly probeInterval: number;
}

export async function probe(server: http.Server, settings: ProbeSettings): Promise<ProbeReport> {
  const start = performance.now();
  const report = (rest: Omit<ProbeReport, 'tookMs'>): ProbeReport => ({
    ...rest,
    tookMs: performance.now() - start,
  });
  if (settings.statusPath === '') return report({ verdict: 'ok' });

  for (let attempt = 1; ; attempt++) {
    const outcome = await ask(server, settings);
    if (outcome.verdict !== 'broken' || attempt >= settings.probeAttempts) return report(outcome);
    await sleep(settings.probeInterval);
  }
}

async function ask(server: http.Server, settings: ProbeSettings): Promise<Omit<ProbeReport, 'tookMs'>> {
  const { statusPath: path, probeTimeout } = settings;
  try {
    const question = { path, userAgent: 'tshorn-probe', timeout: probeTimeout };
    const { code, status } = await askInProcess(server, question);
    if (code >= 200 && code < 300) return { verdict: 'ok', status };
    if (code === 404 && !settings.statusPathGiven) return { verdict: 'no-status', status };
    return { verdict: 'broken', status, reason: `${path} answered ${status}` };
  } catch (error) {
    const why = error instanceof NoAnswer ? error.message : describeThrown(error);
    return { verdict: 'broken', reason: `${path}: ${why}` };
  }
}
