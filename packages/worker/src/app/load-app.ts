/**
 * Loads the app and makes an HTTP server of whatever it is. Two things race: the module may export an
 * app, or it may call listen() itself, perhaps in a top-level await that settles only when it listens.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { findApp, noApp } from './app-export.ts';
import { importModule } from './import-module.ts';
import type { LoadedApp } from './kinds.ts';
import type { ListenCapture } from './listen-capture.ts';
import { describeLoadError } from './load-error.ts';
import { watchForIdle } from './pending-work.ts';
import { applySettings, type ServerSettings } from './server-settings.ts';

export type { LoadedApp } from './kinds.ts';
export type { ServerSettings } from './server-settings.ts';

export interface AppSpec {
  /** Absolute path. */
  readonly file: string;
  /** `APP:name`: the named export to serve. */
  readonly exportName?: string;
  readonly settings: ServerSettings;
}

/** @throws TshornError ERR_APP_SYNTAX, ERR_APP_THROWS, ERR_APP_KIND, ERR_APP_TYPESCRIPT */
export async function loadApp(spec: AppSpec, capture: ListenCapture): Promise<LoadedApp> {
  const exported = loadExported(spec, capture);
  const captured = capture.held.then(async (server): Promise<LoadedApp> => {
    // Let the code behind the listen() run: it may throw, or set its server's timeouts.
    await nextTurn();
    return { kind: 'script', server };
  });
  let app: LoadedApp;
  try {
    app = await Promise.race([exported, captured]);
  } catch (error) {
    throw await describeLoadError(error, spec.file);
  }
  capture.release(app.server);
  // A script that fails after it has begun to listen fails as it would under node: uncaught.
  exported.catch((error) => {
    process.nextTick(() => {
      throw error;
    });
  });
  applySettings(app.server, spec.settings);
  return app;
}

/** Never settles for a module that calls listen(): that says more than its exports. */
async function loadExported(spec: AppSpec, capture: ListenCapture): Promise<LoadedApp> {
  const whenIdle = watchForIdle();
  const exports = await importModule(spec.file);
  if (capture.server) return new Promise(() => {});
  const found = await findApp(exports, spec.exportName, { settings: spec.settings, capture });
  if ('server' in found) {
    return capture.server && capture.server !== found.server ? new Promise(() => {}) : found;
  }
  await whenIdle();
  if (capture.server) return new Promise(() => {});
  throw noApp(spec.file, found.instead);
}
