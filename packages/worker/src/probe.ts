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

/** Not found; and what the server of the `ws` package says to whoever wants anything but a WebSocket. */
const KNOWS_NO_PATH = new Set([404, 426]);
const NOBODY = 'the server has no listener for requests';

async function ask(server: http.Server, settings: ProbeSettings): Promise<Omit<ProbeReport, 'tookMs'>> {
  const { statusPath: path, statusPathGiven, probeTimeout } = settings;
  if (server.listenerCount('request') === 0) {
    return statusPathGiven
      ? { verdict: 'broken', reason: `${path}: ${NOBODY}` }
      : { verdict: 'no-status', status: NOBODY };
  }
  try {
    const question = { path, userAgent: 'tshorn-probe', timeout: probeTimeout };
    const { code, status } = await askInProcess(server, question);
    if (code >= 200 && code < 300) return { verdict: 'ok', status };
    if (KNOWS_NO_PATH.has(code) && !settings.statusPathGiven) return { verdict: 'no-status', status };
    return { verdict: 'broken', status, reason: `${path} answered ${status}` };
  } catch (error) {
    if (!(error instanceof NoAnswer))
      return { verdict: 'broken', reason: `${path}: ${describeThrown(error)}` };
    // Socket.IO leaves what is not its own to the app, and a server that was made for it alone has none.
    const hint = statusPathGiven ? '' : '; an app that answers no HTTP requests wants --no-status-path';
    return { verdict: 'broken', reason: `${path}: ${error.message}${hint}` };
  }
}
