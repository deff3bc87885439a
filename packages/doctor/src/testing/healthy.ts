/** Facts of a machine, a configuration and an app in which no check finds anything. */
import { type Config, resolveConfig } from '@tshorn/config';
import type { AppFacts, Facts } from '../facts.ts';

const GB = 1024 ** 3;

export type Report = NonNullable<AppFacts['report']>;
export type Examined = NonNullable<Report['examination']>;

export const examination: Examined = {
  keepAliveTimeout: 75_000,
  headersTimeout: 76_000,
  requestTimeout: 300_000,
  maxRequestsPerSocket: 0,
  immovable: '',
  answers: [
    { path: '/tshorn-doctor-x', status: 404, closes: false },
    { path: '/_status', status: 200, closes: false },
  ],
  statusIsAnyPath: false,
};

export const report: Report = {
  kind: 'handler',
  probe: { verdict: 'ok', status: '200 OK', tookMs: 5 },
  tookMs: 300,
  examination,
  leave: { tookMs: 30, killed: false },
};

/** @param config options that differ from the defaults; they count as given */
export async function healthy(config: Partial<Config> = {}): Promise<Facts> {
  const resolved = await resolveConfig({ env: {}, cwd: '/', overrides: { app: '/srv/app.js', workers: 2 } });
  const given = new Set([...resolved.given, ...(Object.keys(config) as (keyof Config)[])]);
  return {
    platform: 'linux',
    env: { NODE_ENV: 'production' },
    isRoot: false,
    now: Date.parse('2026-11-28'),
    node: { version: '24.21.0', abi: '137', options: [], missingModules: [], heapLimitBytes: 2 * GB },
    limits: {
      openFiles: 65_536,
      processes: 10_000,
      pidsLeft: 1_000,
      somaxconn: 4_096,
      inotifyWatches: 65_536,
      inotifyInstances: 128,
      overcommit: 0,
    },
    resources: { cpus: 4, cpuQuota: 2, memoryBytes: 16 * GB, memoryLimitBytes: 8 * GB },
    surroundings: {
      inContainer: true,
      pid1: ['/sbin/docker-init', '--', 'tshorn'],
      systemdVersion: 255,
      hasNotifyProgram: true,
      notifySocketExists: true,
      fromTheFuture: undefined,
      clockSynchronised: true,
      tmp: { path: '/tmp', noexec: false, space: { freeBytes: GB, totalBytes: GB } },
      programs: [{ path: '/usr/bin/tshorn', version: '1.0.0', by: 'running' }],
    },
    masters: [],
    staleSockets: [],
    server: { ...resolved, config: { ...resolved.config, ...config }, given, hasApp: true },
    configError: undefined,
    files: {
      openEnvFiles: [],
      logs: [
        {
          option: '--log-file',
          file: '/var/log/app.log',
          directoryExists: true,
          isDirectory: false,
          writable: true,
          rotated: true,
          space: { freeBytes: 9 * GB, totalBytes: 10 * GB },
        },
      ],
      pidFileProblem: undefined,
      compileCacheProblem: undefined,
    },
    network: { hasIpv6: true, lowestPort: 1_024, mayBindLow: false, taken: [] },
    release: { cwd: '/srv', linkBeside: undefined, foreignAddons: [], written: [] },
    app: { report, warnings: [], printedBytes: 100, lastLines: [] },
  };
}
