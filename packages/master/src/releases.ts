/**
 * The releases that the master knows, by generation: read for a reload, or taken again for a rollback, asked by `onCommit`
 * before a commit, and forgotten when nobody needs them. Created by the master.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Config, keepUnreloadable, type Resolved } from '@tshorn/config';
import { renderError, TshornError, withDeadline } from '@tshorn/core';
import { prepareAccessLog } from './access-log-file.ts';
import { checkToken } from './admin/token.ts';
import type { Effect, Event } from './decide/events.ts';
import type { State } from './decide/model.ts';
import type { Notice } from './decide/notice.ts';
import { usesAuto } from './decide/plan.ts';
import { findRelease } from './decide/releases.ts';
import type { Room } from './decide/surge.ts';
import type { Hooks } from './hooks.ts';
import { writeNeedsRestart } from './journal.ts';
import type { PastReloads } from './live/past-reloads.ts';
import type { Logger } from './log.ts';
import type { Identity } from './privileges.ts';
import { type Replaced, replacedOf } from './re-exec/replaced.ts';
import { checkReach } from './reach.ts';
import { hasSameFiles, missingOf, type Release, resolveRelease, settingsOf, whyLost } from './release.ts';
import { type ReleaseStatus, releaseList, whyGone } from './release-list.ts';
import type { Certificates } from './tls/certificates.ts';

interface Sources {
  readonly log: Logger;
  readonly hooks: Hooks;
  /** File that a worker process runs. */
  readonly workerFile: string;
  /** Reads the config again. Rejects when it is wrong. */
  readonly resolveAgain: () => Promise<Resolved>;
  state(): State;
  enqueue(event: Event): void;
  tell(notice: Notice): void;
  readonly past: Pick<PastReloads, 'withStart'>;
  readonly certificates: () => Certificates | undefined;
  /** The user and group of the workers. */
  identity(): Identity | undefined;
}

type Prepare = Extract<Effect, { do: 'prepare' }>;
type ReleaseEffect = Extract<Effect, { do: 'prepare' | 'approve' | 'keep-releases' }>;

/** True where a reload has brought nothing new. Hooks are read anew each time, so their texts count. */
const isSame = (one: Release, other: Release): boolean =>
  one === other || (hasSameFiles(one, other) && isDeepStrictEqual(settled(one), settled(other)));

const settled = ({ name, exportName, hooksFile, variables, config: { hooks, ...config } }: Release) => ({
  ...{ name, exportName, hooksFile, variables, config },
  hooks: Object.entries(hooks).map(([hook, run]) => `${hook} ${run}`),
});

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
    const release = resolveRelease(resolved);
    this.#checkAccess(release);
    return release;
  }

  #checkAccess(release: Release): void {
    const { identity, workerFile } = this.#sources;
    checkReach(release, identity(), workerFile);
    prepareAccessLog(release.config, identity());
  }

  perform(effect: ReleaseEffect): void {
    if (effect.do === 'keep-releases') return this.#keepOnly(new Set(effect.generations));
    const { generation } = effect;
    const refused = (error: unknown): Event => ({
      type: 'refused',
      generation,
      reason: renderError(error),
    });
    const answer = effect.do === 'approve' ? this.#approve(generation) : this.#prepare(effect);
    // A reload waits for this event: it comes, whatever happens.
    void answer.catch(refused).then((event) => this.#sources.enqueue(event));
  }

  /**
   * Makes the release of a reload.
   * @throws anything, where that cannot be: the reload is refused, and the running release stays
   */
  async #prepare({ generation, backTo }: Prepare): Promise<Event> {
    const running = this.of(this.#sources.state().committed) as Release;
    const release = await (backTo === undefined ? this.#read(running) : this.#takeAgain(backTo));
    const room = await this.#room(release.config);
    const sameFiles = backTo !== undefined && hasSameFiles(release, running);
    const [sameAs] = [...this.#releases].find(([, known]) => isSame(known, release)) ?? [];
    this.#releases.set(generation, release);
    return {
      type: 'prepared',
      generation,
      settings: settingsOf(release.config),
      ...(room && { room }),
      ...(release.name !== undefined && { release: release.name }),
      ...(sameAs !== undefined && { sameAs }),
      ...(sameFiles && { sameFiles }),
    };
  }

  /** Looks at the machine, where the number of workers beyond N depends on it. */
  async #room(config: Config): Promise<Room | undefined> {
    const { workers, size, running } = this.#sources.state();
    const kind = (running?.operation.kind === 'reload' && running.operation.plan) || config.reloadPlan;
    if (size < 2 || !usesAuto({ kind, maxSurge: config.maxSurge })) return undefined;
    const pids = Object.values(workers).flatMap(({ pid }) => pid ?? []);
    return (await import('./os/room.ts')).roomOf(pids);
  }

  /** Reads config and app anew. */
  async #read(running: Release): Promise<Release> {
    const { log, hooks, resolveAgain } = this.#sources;
    const { hookTimeout } = running.config;
    const late = () =>
      new Error(`the config file did not settle within ${hookTimeout / 1000} s (--hook-timeout)`);
    const read = await withDeadline(resolveAgain(), hookTimeout, late);
    const { resolved, needRestart } = keepUnreloadable(running.resolved, read);
    const release = this.#resolve(resolved);
    checkToken(resolved.config);
    await hooks.run('onReload');
    writeNeedsRestart(log, needRestart);
    // They are for all workers, and no part of the release: a roll back keeps them.
    const refused = await this.#sources.certificates()?.reload(resolved.config);
    if (refused) this.#sources.tell(refused);
    return release;
  }

  /** Takes a release as it was committed: nothing of it is read again. */
  async #takeAgain(generation: number): Promise<Release> {
    const { hooks } = this.#sources;
    const release = this.of(generation);
    if (!release) throw new TshornError('ERR_STATE', `the release of gen=${generation} is not kept any more`);
    const missing = missingOf(release);
    if (missing !== undefined) throw new TshornError('ERR_STATE', missing, this.#otherThan(generation));
    const change = whyLost(release, this.#releases.values());
    if (change !== undefined) {
      throw new TshornError(
        'ERR_STATE',
        `${change} since gen=${generation} was loaded: its code is there no more`,
        this.#otherThan(generation) ?? {
          fix: 'deploy that code again, and type: tshorn reload; where each release has a directory of its own, a rollback finds it',
        },
      );
    }
    this.#checkAccess(release);
    await hooks.run('onReload');
    return release;
  }

  /** The newest release that can be served in place of one whose code is gone. */
  #otherThan(gone: number): { readonly fix: string } | undefined {
    const other = this.list().find(
      ({ generation, state }) => generation !== gone && (state === 'previous' || state === 'kept'),
    );
    if (!other) return undefined;
    const { generation, release = `gen=${generation}` } = other;
    return { fix: `\`tshorn rollback ${generation}\` brings ${release}, whose code is there` };
  }

  /** Every release that can be served again, and the last ones that cannot; the newest first. */
  list(): ReleaseStatus[] {
    const { state, past } = this.#sources;
    return releaseList(state(), past.withStart, (generation) => this.of(generation));
  }

  /**
   * The generation whose release a rollback brings, or the reason why there is none.
   * @param wanted the name of a release, or a generation; undefined: the release that served before
   */
  find(wanted: string | undefined): number | { readonly refusal: string } {
    const isGone = (generation: number) => {
      const release = this.of(generation);
      return !release || whyGone(release, this.#releases.values()) !== undefined;
    };
    return findRelease(this.#sources.state(), wanted, isGone);
  }

  /** The release that a rollback has replaced, while an older one serves. */
  get replaced(): Replaced | undefined {
    const { replaced } = this.#sources.state();
    const release = replaced && this.of(replaced.release.generation);
    return release && replacedOf(release, replaced.by);
  }

  /** Asks the `onCommit` hook of the new config, which may veto the commit. */
  async #approve(generation: number): Promise<Event> {
    const config = this.of(generation)?.config;
    const { hooks } = this.#sources;
    const reason = config && (await hooks.ask('onCommit', config.hooks, config.hookTimeout));
    if (reason === undefined) return { type: 'approved', generation };
    return { type: 'vetoed', generation, reason: `onCommit: ${reason}` };
  }

  /** A rotation has moved the files of the access logs away: makes new ones, for the user of the workers. @returns those that are there */
  remakeAccessLogs(): string[] {
    const { log, identity } = this.#sources;
    const made: string[] = [];
    for (const { config } of this.#releases.values()) {
      try {
        prepareAccessLog(config, identity());
        if (config.accessLog !== '' && config.accessLog !== '-') made.push(config.accessLog);
      } catch (error) {
        const { message: reason } = error as Error;
        const event = 'access-log-not-reopened';
        log.error({ event, file: config.accessLog, reason }, renderError(error));
      }
    }
    return made;
  }

  /** A release is kept as long as a worker of it lives, a slot would be refilled by it, or it can be served again. */
  #keepOnly(needed: ReadonlySet<number>): void {
    for (const generation of this.#releases.keys())
      if (!needed.has(generation)) this.#releases.delete(generation);
  }
}
