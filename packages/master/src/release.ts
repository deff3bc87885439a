/** A release: the config, real path of the app, working directory and environment that a generation is pinned to. */
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Config, type Resolved, usableCpus, type Variables, workerOptions } from '@tshorn/config';
import { type BindAddress, type BootOrder, leastWorkers, resolveApp } from '@tshorn/core';
import type { Settings } from './decide/model.ts';
import { readEnvFiles } from './env-file.ts';
import { type Content, changeSince, contentOf, releaseFacts } from './release-facts.ts';
import { releaseName } from './release-name.ts';

export interface Release {
  readonly resolved: Resolved;
  readonly config: Config;
  readonly given: ReadonlySet<keyof Config>;
  /** For people; undefined where nothing tells it. */
  readonly name: string | undefined;
  /** When it was read, on the clock of performance.now(). */
  readonly readAt: number;
  /** Its files as they were when the release was resolved. */
  readonly content: Content;
  /** Real path: a crash brings this release back even when a symbolic link has moved on. */
  readonly cwd: string;
  readonly appFile: string;
  readonly exportName: string | undefined;
  /** The config file to import in the worker; only where it declares hooks. */
  readonly hooksFile: string | undefined;
  /** The variables of `--environment-file`, as they were when the release was made. */
  readonly variables: Variables;
}

/** @throws TshornError ERR_APP_MISSING, ERR_ENV_FILE */
export function resolveRelease(resolved: Resolved): Release {
  const { config, given, file, hooksInFile } = resolved;
  const { file: appFile, exportName } = resolveApp(config.app, config.cwd);
  const cwd = fs.realpathSync(config.cwd);
  const variables = readEnvFiles(config.envFile);
  const hooks = hooksInFile ? file : undefined;
  const place = { cwd, appFile };
  // In watch mode the code is that of no commit.
  const name = config.watch
    ? config.release
    : releaseName(releaseFacts(place, config.release, path.resolve(config.cwd, config.app)));
  return {
    resolved,
    config,
    given,
    cwd,
    appFile,
    exportName,
    hooksFile: hooks,
    variables,
    name,
    readAt: performance.now(),
    content: contentOf(place),
  };
}

/** The change of its files since the release was resolved, as after a deploy in place; undefined where there is none. */
export const overwriting = (release: Release): string | undefined => changeSince(release.content, release);

export const hasSameFiles = (one: Release, other: Release): boolean =>
  one.appFile === other.appFile && one.cwd === other.cwd && isDeepStrictEqual(one.content, other.content);

/**
 * Why the code of a release is there no more, although its directory is: a file has changed, or another release was deployed
 * into the directory later. A name that somebody gives may be all that tells the two apart, unless both are of one commit.
 * @param others the other releases that are known
 */
export function whyLost(release: Release, others: Iterable<Release | undefined>): string | undefined {
  const change = overwriting(release);
  if (change !== undefined || release.content.commit !== undefined) return change;
  const isLater = (other: Release | undefined) =>
    other?.name !== undefined &&
    other.name !== release.name &&
    other.readAt > release.readAt &&
    hasSameFiles(release, other);
  const later = release.name === undefined ? undefined : [...others].find(isLater);
  return later && `${later.name} was deployed into ${release.cwd}`;
}

/** The directory or file of a release that is gone; undefined when none is. */
export const goneOf = ({ cwd, appFile }: Release): string | undefined =>
  [cwd, appFile].find((file) => !fs.existsSync(file));

/** Returns what is missing of a release, and what to do; undefined when nothing is. */
export function missingOf(release: Release): string | undefined {
  const gone = goneOf(release);
  if (gone === undefined) return undefined;
  return `${gone} is gone, and this release cannot be started without it; put it back, or reload to a release that is there`;
}

/** The settings of the pure core. */
export function settingsOf(config: Config): Settings {
  const { workers, bootTimeout, grace, quickGrace, crashGrace, stopDelay, handoff, watch } = config;
  const killsHung =
    config.onHang === 'kill' ? '--on-hang kill' : config.hangDebugger ? undefined : '--no-hang-debugger';
  const { probeAttempts, probeTimeout, probeInterval } = config;
  const warmUp = config.warmUp.length > 0 ? config.warmUpTimeout : 0;
  const probeWindow = config.hookTimeout + probeAttempts * (probeTimeout + probeInterval) + warmUp + 1_000;
  const reload = {
    kind: config.reloadPlan,
    maxSurge: config.maxSurge,
    maxUnavailable: config.maxUnavailable,
    // The old code is in the files no more: it could not be started again.
    park: config.park && !config.watch,
    soakMs: config.soak,
    drainsBeside: config.watch,
    parallelism: usableCpus(),
  };
  const graces = { grace, quickGrace, crashGrace };
  return {
    workers: leastWorkers(workers),
    ...(typeof workers !== 'number' && { range: workers }),
    scaling: {
      target: config.scaleTarget / 100,
      upMs: config.scaleUpAfter,
      downMs: config.scaleDownAfter,
    },
    bootTimeout,
    probeWindow,
    ...graces,
    ...(killsHung && { killsHung }),
    stopDelay,
    handoff,
    reload,
    watch,
  };
}

export function bootOrder(
  release: Release,
  place: { slot: number; generation: number },
  statusUdp: { port: number; secret: string } | undefined,
  compileCache: string | undefined,
  umask?: number,
): BootOrder {
  const { config, given, appFile, exportName, hooksFile, name } = release;
  return {
    ...place,
    ...workerOptions(config, given),
    appFile,
    ...(exportName !== undefined && { exportName }),
    ...(name !== undefined && { release: name }),
    ...(hooksFile !== undefined && { hooksFile }),
    ...(umask !== undefined && { umask }),
    ...(compileCache !== undefined && { compileCache }),
    ...(statusUdp && { statusUdp: { port: statusUdp.port, secret: statusUdp.secret } }),
  };
}

/** The files of the unix sockets among them, as absolute paths: a worker may have another working directory. */
export const socketFilesOf = (addresses: readonly BindAddress[]): string[] =>
  addresses.flatMap((address) => (address.kind === 'unix' ? [path.resolve(address.path)] : []));
