/**
 * The releases that the master knows, by generation: read for a reload, asked by `onCommit` before a commit, and
 * forgotten when no worker and no slot needs them. Created by the master.
 */
import { keepUnreloadable, type Resolved } from '@tshorn/config';
import { describeThrown, renderError, withDeadline } from '@tshorn/core';
import { prepareAccessLog } from './access-log-file.ts';
import type { Event } from './decide/events.ts';
import type { Hooks } from './hooks.ts';
import { writeNeedsRestart } from './journal.ts';
import type { Logger } from './log.ts';
import type { Identity } from './privileges.ts';
import { checkReach } from './reach.ts';
import { type Release, resolveRelease, settingsOf } from './release.ts';

interface Sources {
  readonly log: Logger;
  readonly hooks: Hooks;
  /** File that a worker process runs. */
  readonly workerFile: string;
  /** Reads the config again. Rejects when it is wrong. */
  readonly resolveAgain: () => Promise<Resolved>;
  /** The user and group of the workers. */
  identity(): Identity | undefined;
}

export class Releases {
  readonly #sources: Sources;
  readonly #releases = new Map<number, Release>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  of(generation: number): Release | undefined {
    return this.#releases.get(generation);
  }

  /** @throws TshornError when the app is not there, or not for the user of the workers */
  add(generation: number, resolved: Resolved): void {
    this.#releases.set(generation, this.#resolve(resolved));
  }

  #resolve(resolved: Resolved): Release {
    const { identity, workerFile } = this.#sources;
    const release = resolveRelease(resolved);
    checkReach(release, identity(), workerFile);
    prepareAccessLog(release.config, identity());
    return release;
  }

  /** Reads config and app anew for a reload. If they are wrong, the reload is refused and the running ones stay. */
  async prepare(generation: number, running: Resolved): Promise<Event> {
    const { log, hooks, resolveAgain } = this.#sources;
    try {
      const { hookTimeout } = running.config;
      const late = () =>
        new Error(`the config file did not settle within ${hookTimeout / 1000} s (--hook-timeout)`);
      const read = await withDeadline(resolveAgain(), hookTimeout, late);
      const { resolved, needRestart } = keepUnreloadable(running, read);
      const release = this.#resolve(resolved);
      await hooks.run('onReload');
      writeNeedsRestart(log, needRestart);
      this.#releases.set(generation, release);
      return { type: 'prepared', generation, settings: settingsOf(resolved.config) };
    } catch (error) {
      return { type: 'refused', generation, reason: renderError(error) };
    }
  }

  /** Asks the `onCommit` hook of the new config, which may veto the commit. */
  async approve(generation: number): Promise<Event> {
    const config = this.of(generation)?.config;
    const { hooks } = this.#sources;
    const reason = config && (await hooks.ask('onCommit', config.hooks, config.hookTimeout));
    if (reason === undefined) return { type: 'approved', generation };
    return { type: 'vetoed', generation, reason: `onCommit: ${reason}` };
  }

  /** A rotation has moved the files of the access logs away: makes new ones, for the user of the workers. */
  remakeAccessLogs(): void {
    const { log, identity } = this.#sources;
    for (const { config } of this.#releases.values()) {
      try {
        prepareAccessLog(config, identity());
      } catch (error) {
        log.error({ event: 'access-log-lost', reason: describeThrown(error) }, renderError(error));
      }
    }
  }

  /** A release is kept as long as a worker of it lives or a slot would be refilled by it. */
  keepOnly(needed: ReadonlySet<number>): void {
    for (const generation of this.#releases.keys())
      if (!needed.has(generation)) this.#releases.delete(generation);
  }
}
