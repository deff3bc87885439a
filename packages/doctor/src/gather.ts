/** Gathers the facts: of the machine while the app boots, and of its files when it has. */
import { dirname, join } from 'node:path';
import { cpuQuota } from '@tshorn/config';
import { memoryLimit } from '@tshorn/core';
import type { AppFacts, CertificatesFacts, Facts, Failure, ServerFacts } from './facts.ts';
import { type CachePlace, filesOf } from './probes/files.ts';
import { limitsOf } from './probes/limits.ts';
import { type Control, mastersOf } from './probes/masters.ts';
import { networkOf } from './probes/network.ts';
import { nodeOf } from './probes/node.ts';
import { releaseOf, writtenSince } from './probes/release.ts';
import { surroundingsOf } from './probes/surroundings.ts';
import type { System } from './system.ts';

export interface GatherOptions {
  readonly system: System;
  /** The directory that the command was given in. */
  readonly cwd: string;
  readonly server: ServerFacts | undefined;
  readonly configError: Failure | undefined;
  /** The variables of the environment files. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly program: { readonly path: string; readonly version: string };
  readonly control: Control;
  /** Absent without --certfile. */
  readonly certificates: CertificatesFacts | undefined;
  readonly cache: CachePlace;
  /** Boots a worker; absent without an app. */
  readonly boot: (() => Promise<AppFacts>) | undefined;
  /** Real path of the app's file, where it is there. */
  readonly appFile: string | undefined;
}

export async function gather(options: GatherOptions): Promise<Facts> {
  const { system, server, boot, appFile } = options;
  const { config, file } = server ?? {};
  const cwd = config?.cwd ?? options.cwd;
  const startedAt = Date.now();
  const booting = boot?.();
  const env = { ...options.variables, ...system.env, ...config?.env };
  const dated = [file, appFile, join(cwd, 'package.json')].filter((path) => path !== undefined);
  const [surroundings, { masters, staleSockets }] = await Promise.all([
    surroundingsOf(system, { program: options.program, cwd, dated }),
    mastersOf(system, options.control),
  ]);
  const quota = cpuQuota(system.read);
  const machine = {
    platform: system.platform,
    env,
    isRoot: system.uid === 0,
    now: system.now,
    node: nodeOf({ ...system, env }, cwd, config?.nodeOptions),
    limits: limitsOf(system),
    resources: {
      cpus: system.cpus,
      cpuQuota: Number.isFinite(quota) ? quota : undefined,
      memoryBytes: system.memoryBytes,
      memoryLimitBytes: memoryLimit(system.memoryBytes, system.read),
    },
    surroundings,
    masters,
    staleSockets,
    server,
    configError: options.configError,
    certificates: options.certificates,
    files: filesOf(system, server, options.cache),
    network: networkOf(system, server),
  };
  const release =
    appFile === undefined ? undefined : releaseOf(system, releaseDirectory(cwd, appFile, system));
  const app = await booting;
  const written = release && app ? writtenSince(system, release.cwd, startedAt) : [];
  return { ...machine, release: release && { ...release, written }, app };
}

/** The working directory, unless the app lies elsewhere. */
function releaseDirectory(cwd: string, appFile: string, { realpath }: System): string {
  const real = realpath(cwd) ?? cwd;
  return appFile.startsWith(`${real}/`) ? cwd : dirname(appFile);
}
