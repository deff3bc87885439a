/**
 * Loads the app and makes an HTTP server of whatever it is. Two things race: the module may export an
 * app, or it may call listen() itself, perhaps in a top-level await that settles only when it listens.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { findApp } from './app-export.ts';
import { importModule } from './import-module.ts';
import type { LoadedApp } from './kinds.ts';
import type { ListenCapture } from './listen-capture.ts';
import { describeLoadError } from './load-error.ts';
import { type PendingWork, watchPendingWork } from './pending-work.ts';
import { whenToCall } from './self-start.ts';
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
  const pending = watchPendingWork();
  const exported = loadExported(spec, capture, pending);
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
  } finally {
    pending.end();
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
async function loadExported(
  { file, exportName, settings }: AppSpec,
  capture: ListenCapture,
  pending: PendingWork,
): Promise<LoadedApp> {
  const unlessListening = async () => {
    if (capture.server) await new Promise(() => {});
  };
  /** A promise of the app can settle only while something is pending. */
  const settled = <T>(promise: Promise<T>, what: string): Promise<T> => {
    const stuck = pending.over().then(async () => {
      throw (await import('./no-app.ts')).neverLoads(file, what, capture.others);
    });
    return Promise.race([promise, stuck]);
  };
  const exports = await settled(importModule(file), 'its top-level await never settles');
  await unlessListening();
  const mayCall = async (factory: { readonly name: string }) => {
    await whenToCall(factory.name, file, pending);
    await unlessListening();
  };
  const finding = findApp(exports, exportName, { settings, capture, mayCall });
  const found = await settled(finding, 'the promise that it exports never settles');
  if ('server' in found) {
    if (capture.server !== found.server) await unlessListening();
    return found;
  }
  await pending.over();
  await unlessListening();
  throw (await import('./no-app.ts')).noApp(file, found, capture.others);
}
