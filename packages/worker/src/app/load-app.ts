/**
 * Loads the app and finds its HTTP server, or makes one. Two things race: the module may export an app, or it may call
 * listen() itself, perhaps in a top-level await that settles only when it listens.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TshornError } from '@tshorn/core';
import { isHttp2 } from './http-server.ts';
import type { LoadedApp } from './kinds.ts';
import type { ListenCapture } from './listen-capture.ts';
import { describeLoadError } from './load-error.ts';
import { Loading, type ModuleSpec, OWN_SERVER_WITHIN_MS, type Tell } from './loading.ts';
import type { PendingWork } from './pending-work.ts';
import { applySettings } from './server-settings.ts';
import { type Choice, chooseServer, type Hints, isNamed } from './which-server.ts';

export type { LoadedApp } from './kinds.ts';
export type { ServerSettings } from './server-settings.ts';

export interface AppSpec extends ModuleSpec {
  readonly hints: Hints;
}

/** Milliseconds: with `--app-port` no other server will do. */
const APP_PORT_WITHIN_MS = 10_000;

/**
 * @param tell gets a text about an app that takes long
 * @throws TshornError ERR_APP_SYNTAX, ERR_APP_THROWS, ERR_APP_KIND, ERR_APP_TYPESCRIPT
 */
export async function loadApp(spec: AppSpec, capture: ListenCapture, tell: Tell): Promise<LoadedApp> {
  const loading = new Loading(spec, capture, tell);
  const exported = loading.exported();
  let choice: Choice;
  try {
    choice = await Promise.race([choose(spec, capture, loading.pending, exported), loading.refused]);
    // Let the code behind the listen() run: it may throw, or set its server's timeouts.
    await nextTurn();
  } catch (error) {
    throw await describeLoadError(error, spec.file);
  } finally {
    loading.end();
  }
  const released = capture.release(choice);
  // A script that fails after it has begun to listen fails as it would under node: uncaught.
  exported.catch((error) => {
    process.nextTick(() => {
      throw error;
    });
  });
  applySettings(choice.app.server, spec.settings);
  await released;
  // The other servers are reported in the next turn, and a probe may be over before that.
  await nextTurn();
  return choice.app;
}

async function choose(
  { file, hints }: AppSpec,
  capture: ListenCapture,
  pending: PendingWork,
  exported: Promise<LoadedApp | undefined>,
): Promise<Choice> {
  const named = capture.named.then(() => undefined);
  // A module in whose top-level await a server listens may go on with other things.
  const listens = capture.listens().then(() => pending.over(OWN_SERVER_WITHIN_MS));
  const found = await Promise.race([exported, listens.then(() => undefined), named]);
  // One of HTTP/2 has most often another purpose, and that of HTTP/1 may come still.
  const isOnlyHttp2 =
    capture.candidates.length > 0 && capture.candidates.every(({ server }) => isHttp2(server));
  if (!found && isOnlyHttp2) await Promise.race([named, pending.over(OWN_SERVER_WITHIN_MS)]);
  const isFound = () => capture.candidates.some((candidate) => isNamed(candidate, hints));
  const isOther =
    capture.candidates.length > 0 && !capture.candidates.some(({ server }) => found?.isOwn?.(server));
  if (!isFound() && (hints.appPort > 0 || (hints.envPort !== undefined && isOther))) {
    const within = hints.appPort > 0 ? APP_PORT_WITHIN_MS : OWN_SERVER_WITHIN_MS;
    await Promise.race([named, pending.over(within)]);
  }
  if (hints.appPort > 0 && !isFound()) throw nobodyAsks(file, hints.appPort, capture.candidates);
  const choice = chooseServer(capture.candidates, found, hints);
  if (choice) return choice;
  // It listened to find a free port, or has closed its server to listen again.
  await Promise.race([capture.listens(), pending.over()]);
  const second = chooseServer(capture.candidates, found, hints);
  if (second) return second;
  throw (await import('./no-app.ts')).noApp(file, { instead: 'it has closed its server' }, capture.others);
}

function nobodyAsks(file: string, port: number, candidates: ListenCapture['candidates']): TshornError {
  const asked = candidates.map((candidate) => candidate.asked).join(', ');
  const what = asked === '' ? 'no HTTP server of it listens' : `its HTTP servers ask for ${asked}`;
  return new TshornError(
    'ERR_APP_KIND',
    `app: ${file} does not listen on port ${port} (--app-port): ${what}`,
    { fix: 'give the port that the app itself passes to listen(), or leave --app-port out' },
  );
}
