/**
 * Loads the app and makes an HTTP server of whatever it is. Two things race: the module may export an
 * app, or it may call listen() itself, perhaps in a top-level await that settles only when it listens.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { findApp } from './app-export.ts';
import { importModule } from './import-module.ts';
import type { LoadedApp } from './kinds.ts';
import type { ListenCapture } from './listen-capture.ts';
import { describeLoadError } from './load-error.ts';
import { watchPendingWork } from './pending-work.ts';
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

type Tell = (level: 'info' | 'warn', text: string) => void;

/** Time for an answer of the master, before an app is refused. */
const ANSWER_MS = 200;

/** After this time the app is told about: short enough that its operator has not given up, longer than most starts. */
const LONG_MS = 3_000;

/**
 * @param tell gets a text about an app that takes long
 * @throws TshornError ERR_APP_SYNTAX, ERR_APP_THROWS, ERR_APP_KIND, ERR_APP_TYPESCRIPT
 */
export async function loadApp(spec: AppSpec, capture: ListenCapture, tell: Tell): Promise<LoadedApp> {
  const loading = new Loading(spec, capture, tell);
  const exported = loading.exported();
  const captured = capture.held.then(async (server): Promise<LoadedApp> => {
    // Let the code behind the listen() run: it may throw, or set its server's timeouts.
    await nextTurn();
    return { kind: 'script', server };
  });
  let app: LoadedApp;
  try {
    app = await Promise.race([exported, captured, loading.refused]);
  } catch (error) {
    throw await describeLoadError(error, spec.file);
  } finally {
    loading.end();
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

/** The way from a file to what its module exports, and what is known of it meanwhile. */
class Loading {
  readonly #spec: AppSpec;
  readonly #capture: ListenCapture;
  readonly #pending = watchPendingWork();
  readonly #timer: NodeJS.Timeout;
  #doing = 'its module has not finished loading';
  /** Rejects for an app that is found to be none although work is pending; never resolves. */
  readonly refused: Promise<never>;

  constructor(spec: AppSpec, capture: ListenCapture, tell: Tell) {
    this.#spec = spec;
    this.#capture = capture;
    let refuse: (error: unknown) => void;
    this.refused = new Promise((_, reject) => {
      refuse = reject;
    });
    this.#timer = setTimeout(async () => {
      // Before the import, which has handles of its own.
      const kinds = process.getActiveResourcesInfo();
      const { stillLoading } = await import('./still-loading.ts');
      if (this.#capture.server) return;
      const { level, text, refusal } = stillLoading(spec.file, this.#doing, capture.others, kinds);
      if (refusal) refuse(refusal);
      else tell(level, text);
    }, LONG_MS).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#pending.end();
  }

  /** Never settles for a module that calls listen(): that says more than its exports. */
  async exported(): Promise<LoadedApp> {
    const { file, exportName, settings } = this.#spec;
    const exports = await this.#settled(importModule(file), 'its top-level await never settles');
    await this.#unlessListening();
    this.#doing = 'what it exports has not settled';
    const mayCall = async (factory: { readonly name: string }) => {
      await whenToCall(factory.name, file, this.#pending);
      await this.#unlessListening();
      this.#doing = `its function ${factory.name || '(anonymous)'} has not settled`;
    };
    const context = { settings, capture: this.#capture, mayCall };
    const found = await this.#settled(
      findApp(exports, exportName, context),
      'the promise that it exports never settles',
    );
    if ('server' in found) {
      if (this.#capture.server !== found.server) await this.#unlessListening();
      return found;
    }
    this.#doing = `${found.instead}, and it has not called listen() yet`;
    await this.#over();
    await this.#unlessListening();
    throw (await import('./no-app.ts')).noApp(file, found, this.#capture.others);
  }

  /** The master may owe an answer: a UDP socket is bound by node:cluster, over the channel. */
  async #over(): Promise<void> {
    await this.#pending.over();
    await sleep(ANSWER_MS);
    await this.#pending.over();
  }

  async #unlessListening(): Promise<void> {
    if (this.#capture.server) await new Promise(() => {});
  }

  /** A promise of the app can settle only while something is pending. */
  #settled<T>(promise: Promise<T>, otherwise: string): Promise<T> {
    const stuck = this.#over().then(async () => {
      throw (await import('./no-app.ts')).neverLoads(this.#spec.file, otherwise, this.#capture.others);
    });
    return Promise.race([promise, stuck]);
  }
}
