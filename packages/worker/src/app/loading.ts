/** The way from a file to what its module exports, and what is known of it meanwhile. Created by loadApp. */
import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describeThrown, TshornError } from '@tshorn/core';
import { findApp } from './app-export.ts';
import { importModule, type ModuleExports } from './import-module.ts';
import type { LoadedApp } from './kinds.ts';
import type { ListenCapture } from './listen-capture.ts';
import { whatIsOpen } from './open-now.ts';
import { watchPendingWork } from './pending-work.ts';
import { whenToCall } from './self-start.ts';
import type { ServerSettings } from './server-settings.ts';
import type { StillLoading } from './still-loading.ts';
import { awaitUdpBinds } from './udp-sockets.ts';

export interface ModuleSpec {
  /** Absolute path. */
  readonly file: string;
  /** `APP:name`: the named export to serve. */
  readonly exportName?: string;
  readonly settings: ServerSettings;
}

export type Tell = (level: 'info' | 'warn', text: string) => void;

/** Time for an answer of the master, before an app is refused. */
const ANSWER_MS = 200;

/** After this time the app is told about: short enough that its operator has not given up, longer than most starts. */
const LONG_MS = 3_000;

/**
 * Milliseconds that a module has, once it exports an app or one of its servers listens, for the server that is more
 * likely the app. It waits no longer than something is under way.
 */
export const OWN_SERVER_WITHIN_MS = 1_000;

export class Loading {
  readonly #spec: ModuleSpec;
  readonly #capture: ListenCapture;
  readonly #tell: Tell;
  readonly pending = watchPendingWork();
  readonly #endUdp = awaitUdpBinds();
  #timer: NodeJS.Timeout;
  #ended = false;
  #doing = 'its module has not finished loading';
  /** Rejects for an app that is found to be none although work is pending; never resolves. */
  readonly refused: Promise<never>;

  /** @param tell gets a text about an app that takes long */
  constructor(spec: ModuleSpec, capture: ListenCapture, tell: Tell) {
    this.#spec = spec;
    this.#capture = capture;
    this.#tell = tell;
    let refuse: (error: unknown) => void = () => {};
    this.refused = new Promise((_, reject) => {
      refuse = reject;
    });
    this.#timer = setTimeout(() => void this.#look(refuse), LONG_MS).unref();
  }

  /** Looks again after twice the time: a child process may take long as well until it listens. Never rejects. */
  async #look(refuse: (error: unknown) => void, afterMs = LONG_MS, toldBefore = ''): Promise<void> {
    let told = toldBefore;
    try {
      const { level, text, refusal, child } = await this.#found();
      // It may have been found to be an app meanwhile.
      if (this.#ended || this.#isListening) return;
      if (refusal) {
        if (child !== undefined) endAtExit(child);
        return refuse(refusal);
      }
      if (told === '' || (level === 'warn' && text !== told)) {
        told = text;
        this.#tell(level, text);
      }
    } catch (error) {
      // An app that has taken every descriptor, say: that nothing can be told is no reason to refuse it.
      this.#tell('warn', `why the app still loads cannot be told: ${describeThrown(error)}`);
      if (this.#ended) return;
    }
    this.#timer = setTimeout(() => void this.#look(refuse, 2 * afterMs, told), afterMs).unref();
  }

  async #found(): Promise<StillLoading> {
    // Before the import, which has handles of its own.
    const open = whatIsOpen(this.#capture.others);
    const { stillLoading } = await import('./still-loading.ts');
    return stillLoading(this.#spec.file, this.#doing, this.#capture.others, await open);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#endUdp();
    this.pending.end();
  }

  get #isListening(): boolean {
    return this.#capture.candidates.length > 0;
  }

  /** The app that the module exports; undefined when a server of it listens, and its exports are no app. */
  async exported(): Promise<LoadedApp | undefined> {
    const { file, exportName, settings } = this.#spec;
    let exports: ModuleExports;
    try {
      exports = await this.#settled(importModule(file), 'its top-level await never settles');
    } catch (error) {
      return this.#afterThrow(error);
    }
    // A server that was opened to find a free port is closed by then.
    await nextTurn();
    this.#doing = 'what it exports has not settled';
    const mayCall = async (factory: { readonly name: string }) => {
      if (!this.#isListening) await whenToCall(factory.name, file, this.pending);
      this.#doing = `its function ${factory.name || '(anonymous)'} has not settled`;
      return !this.#isListening;
    };
    const ownListen = () => this.#ownListen();
    const context = { settings, capture: this.#capture, mayCall, ownListen };
    const found = await this.#settled(
      findApp(exports, exportName, context),
      'the promise that it exports never settles',
    );
    if ('server' in found) {
      await ownListen();
      return found;
    }
    this.#doing = `${found.instead}, and it has not called listen() yet`;
    if (!this.#isListening) await this.#listensWithin();
    if (this.#isListening) return undefined;
    throw (await import('./no-app.ts')).noApp(file, found, this.#capture.others);
  }

  /** As under node the app's own listener decides: it may exit, or let the app go on. */
  async #afterThrow(error: unknown): Promise<undefined> {
    if (error instanceof TshornError || process.listenerCount('uncaughtException') === 0) throw error;
    this.#doing = `its module threw ${describeThrown(error)}, and its listener to uncaughtException was called`;
    if (!this.#isListening) this.#tell('warn', this.#doing);
    (process as EventEmitter).emit('uncaughtException', error, 'uncaughtException');
    if (!this.#isListening) await this.#listensWithin();
    if (!this.#isListening) throw error;
  }

  /** Resolves when the module has called listen() itself, or will not do so. */
  async #ownListen(): Promise<void> {
    if (!this.#isListening && mayListen(this.#spec.file)) await this.#listensWithin(OWN_SERVER_WITHIN_MS);
  }

  async #listensWithin(ms?: number): Promise<void> {
    await Promise.race([this.#capture.listens(), ms === undefined ? this.#over() : this.pending.over(ms)]);
  }

  /** The master may owe the app an answer, over the channel. */
  async #over(): Promise<void> {
    await this.pending.over();
    await sleep(ANSWER_MS);
    await this.pending.over();
  }

  /** A promise of the app can settle only while something is pending, or one of its servers listens. */
  #settled<T>(promise: Promise<T>, otherwise: string): Promise<T> {
    const stuck = this.#over().then(async () => {
      if (this.#isListening) return new Promise<never>(() => {});
      throw (await import('./no-app.ts')).neverLoads(this.#spec.file, otherwise, this.#capture.others);
    });
    return Promise.race([promise, stuck]);
  }
}

/** True for a file that starts a server, perhaps later: what it exports is then served by that one. */
function mayListen(file: string): boolean {
  try {
    return /\blisten\b|\bserve\s*\(/.test(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

/** Only when the refusal has been sent: many launchers exit with their child. The child would hold the port of the next start. */
function endAtExit(child: number): void {
  process.once('exit', () => {
    try {
      process.kill(child);
    } catch {
      // It has ended meanwhile.
    }
  });
}
