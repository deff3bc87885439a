/**
 * Everything that the checks judge, as plain data. The probes gather it; a fact that cannot be had is undefined, and its
 * checks are not applicable: on macOS, all of /proc and the control groups.
 */
import type { Resolved } from '@tshorn/config';
import type { Examination, NodeOption, ProbeReport, TshornError } from '@tshorn/core';
import type { Space } from './system.ts';

export interface Facts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  readonly now: number;
  readonly node: NodeFacts;
  readonly limits: LimitFacts;
  readonly resources: ResourceFacts;
  readonly surroundings: SurroundingsFacts;
  readonly masters: readonly MasterFacts[];
  /** Sockets that nobody listens on. */
  readonly staleSockets: readonly string[];
  /** Absent where there is no app, or its options cannot be read. */
  readonly server: ServerFacts | undefined;
  /** The options cannot be read. */
  readonly configError: Failure | undefined;
  readonly files: FileFacts;
  readonly network: NetworkFacts;
  readonly release: ReleaseFacts | undefined;
  /** Absent without an app, and where its options cannot be read. */
  readonly app: AppFacts | undefined;
  /** Absent without --certfile. */
  readonly certificates?: CertificatesFacts | undefined;
}

export interface NodeFacts {
  /** Without the `v`. */
  readonly version: string;
  /** The NODE_MODULE_VERSION of native addons. */
  readonly abi: string;
  readonly options: readonly NodeOption[];
  /** Modules of --require and --import that do not exist. */
  readonly missingModules: readonly string[];
  readonly heapLimitBytes: number;
}

export interface LimitFacts {
  /** The limit of this process, as Node raises it: the hard limit. */
  readonly openFiles: number | undefined;
  /** Processes and threads of this user; not for root. */
  readonly processes: number | undefined;
  /** Room in the pids control group. */
  readonly pidsLeft: number | undefined;
  readonly somaxconn: number | undefined;
  readonly inotifyWatches: number | undefined;
  readonly inotifyInstances: number | undefined;
  /** vm.overcommit_memory */
  readonly overcommit: number | undefined;
}

export interface ResourceFacts {
  readonly cpus: number;
  /** The quota of the control group, in CPUs. */
  readonly cpuQuota: number | undefined;
  readonly memoryBytes: number;
  /** The limit of the control group, where it is below that. */
  readonly memoryLimitBytes: number | undefined;
}

export interface SurroundingsFacts {
  readonly inContainer: boolean;
  readonly pid1: readonly string[] | undefined;
  /** Absent where systemd does not run. */
  readonly systemdVersion: number | undefined;
  readonly hasNotifyProgram: boolean;
  readonly notifySocketExists: boolean;
  /** Files whose time lies ahead of the clock, and by how much. */
  readonly fromTheFuture: { readonly file: string; readonly aheadMs: number } | undefined;
  /** Absent where systemd-timesyncd does not run. */
  readonly clockSynchronised: boolean | undefined;
  readonly tmp: { readonly path: string; readonly noexec: boolean; readonly space: Space | undefined };
  readonly programs: readonly ProgramFacts[];
}

/** A tshorn that can be started on this machine. */
export interface ProgramFacts {
  readonly path: string;
  readonly version: string;
  readonly by: 'running' | 'PATH' | 'node_modules';
}

/** A master of this user. */
export interface MasterFacts {
  readonly pid: number;
  readonly app: string | undefined;
  readonly addresses: readonly string[];
  /** Its working directory, or its app, has been removed. */
  readonly gone: string | undefined;
  /** The command line of npm or npx, when that has started it. */
  readonly wrapper: string | undefined;
}

export interface ServerFacts extends Pick<Resolved, 'config' | 'given' | 'file' | 'warnings'> {
  /** False without an app: the options are the defaults, and only those of the machine are judged. */
  readonly hasApp: boolean;
}

export interface CertificatesFacts {
  /** Why they cannot serve. */
  readonly failure?: Failure | undefined;
  /** Findings, each a sentence with the file. */
  readonly expiring: readonly string[];
  readonly openKeys: readonly string[];
  readonly incomplete: readonly string[];
}

export interface FileFacts {
  /** Environment files that every user of the machine can read. */
  readonly openEnvFiles: readonly string[];
  readonly logs: readonly LogFacts[];
  /** Why the file of --pid-file cannot be written; undefined without one, too. */
  readonly pidFileProblem: string | undefined;
  /** Why the compile cache cannot be used. */
  readonly compileCacheProblem: string | undefined;
}

export interface LogFacts {
  readonly option: string;
  readonly file: string;
  readonly directoryExists: boolean;
  readonly isDirectory: boolean;
  readonly writable: boolean;
  readonly rotated: boolean;
  readonly space: Space | undefined;
}

export interface NetworkFacts {
  readonly hasIpv6: boolean | undefined;
  /** The lowest port that needs no privilege. */
  readonly lowestPort: number | undefined;
  readonly mayBindLow: boolean;
  readonly taken: readonly TakenFacts[];
}

export interface TakenFacts {
  readonly address: string;
  /** Those that hold it and can be seen: a master and its workers, say. */
  readonly pids: readonly number[];
  readonly program?: string;
}

export interface ReleaseFacts {
  readonly cwd: string;
  /** A symbolic link to this release beside it, which the path of `cwd` does not go through. */
  readonly linkBeside: string | undefined;
  readonly foreignAddons: readonly { readonly file: string; readonly why: string }[];
  readonly written: readonly string[];
}

/** The error with which a start would end. */
export type Failure = Pick<TshornError, 'code' | 'message' | 'fix' | 'detail'>;

export interface AppFacts {
  readonly failure?: Failure;
  readonly report?: {
    readonly kind: string;
    readonly probe: ProbeReport;
    readonly tookMs: number;
    readonly examination: Examination | undefined;
    readonly leave: { readonly tookMs: number; readonly killed: boolean };
  };
  /** Warnings and errors of the boot, as a server would log them. */
  readonly warnings: readonly string[];
  readonly printedBytes: number;
  /** The last lines that the worker printed. */
  readonly lastLines: readonly string[];
}
