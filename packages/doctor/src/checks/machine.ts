/** The machine: its Node, its limits, its clock, its disks. */
import { formatMemory, formatMs, mostWorkers } from '@tshorn/core';
import { type Check, NOT_APPLICABLE } from '../check.ts';
import { endOfLife, firstRelease } from './node-releases.ts';

const MB = 1024 * 1024;
/** Connections that a worker should be able to hold beside its own files. */
const FEW_FILES = 4_096;
/** Threads of one Node process: V8's, libuv's and its own. */
const THREADS = 12;
const LITTLE_SPACE = 1024 * MB;
const NO_SPACE = 50 * MB;

const DAY = 24 * 60 * 60 * 1000;
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

export const MACHINE_CHECKS: readonly Check[] = [
  {
    id: 'node-end-of-life',
    group: 'Machine',
    levels: ['warning', 'note'],
    title: 'This Node gets no more security fixes',
    why: 'a hole in its HTTP server stays open, unless your distribution mends it',
    mend: 'install a supported Node, and bring it in by `kill -USR2 <pid>` (docs/re-exec.md)',
    run: ({ node, now }) => {
      const end = endOfLife(Number.parseInt(node.version, 10));
      if (end === undefined) return 'ok';
      const seen = `Node ${node.version}, end of life ${dateOf(end)}`;
      if (now >= end) return { level: 'warning', seen };
      return end - now < 60 * DAY ? { level: 'note', seen } : 'ok';
    },
  },
  {
    id: 'open-files',
    group: 'Machine',
    levels: ['error', 'warning'],
    title: 'The limit of open files is low',
    why: 'each connection is a file: a worker at its limit closes a new one without an answer, and logs nothing',
    mend: 'ulimit -n 65536 before the start; under systemd: LimitNOFILE=65536',
    run: ({ limits, server }) => {
      const { openFiles } = limits;
      if (openFiles === undefined) return NOT_APPLICABLE;
      const workers = mostWorkers(server?.config.workers ?? 1);
      // The master holds a channel and a pipe for each worker, and twice as many in a reload.
      const ofMaster = 40 + workers * 4;
      const seen = `ulimit -n ${openFiles}: about ${Math.max(0, openFiles - 40)} connections in each worker`;
      if (openFiles < ofMaster) return { level: 'error', seen };
      return openFiles < FEW_FILES ? { level: 'warning', seen } : 'ok';
    },
  },
  {
    id: 'processes',
    group: 'Machine',
    levels: ['error'],
    title: 'The limit of processes is too low for the workers',
    why: 'a fork fails with EAGAIN, at the start or in the middle of a reload',
    mend: 'ulimit -u, or TasksMax= and LimitNPROC= under systemd, or --pids-limit of the container',
    run: ({ limits, server }) => {
      if (!server) return NOT_APPLICABLE;
      const needed = (mostWorkers(server.config.workers) + 2) * THREADS;
      const { processes, pidsLeft } = limits;
      const [name, limit] =
        Number(pidsLeft) < needed ? ['pids.max leaves', pidsLeft] : ['ulimit -u', processes];
      if (limit === undefined && pidsLeft === undefined) return NOT_APPLICABLE;
      if (limit === undefined || limit >= needed) return 'ok';
      const seen = `${name} ${limit}; ${mostWorkers(server.config.workers)} workers and a new one need about ${needed} threads`;
      return { level: 'error', seen };
    },
  },
  {
    id: 'overcommit',
    group: 'Machine',
    levels: ['note'],
    title: 'The kernel does not overcommit memory',
    why: 'a worker may fail to start with ENOMEM although memory is free',
    mend: 'sysctl -w vm.overcommit_memory=0, or leave room by vm.overcommit_ratio',
    run: ({ limits: { overcommit } }) => {
      if (overcommit === undefined) return NOT_APPLICABLE;
      return overcommit === 2 ? { level: 'note', seen: 'vm.overcommit_memory 2' } : 'ok';
    },
  },
  {
    id: 'inotify',
    group: 'Machine',
    levels: ['warning'],
    title: 'Few files can be watched',
    why: 'a save goes unnoticed with --watch, or the start ends with ENOSPC or EMFILE',
    mend: 'sysctl -w fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
    run: ({ limits, server }) => {
      const { inotifyWatches: watches, inotifyInstances: instances } = limits;
      if (!server?.config.watch || watches === undefined || instances === undefined) return NOT_APPLICABLE;
      if (watches >= 8_192 && instances >= 64) return 'ok';
      const seen = `max_user_watches ${watches}, max_user_instances ${instances}`;
      return { level: 'warning', seen };
    },
  },
  {
    id: 'clock',
    group: 'Machine',
    levels: ['warning', 'note'],
    title: 'The clock is wrong',
    why: 'certificates, tokens and the times in the log are judged by it',
    mend: 'turn on time synchronisation: timedatectl set-ntp true, or chrony',
    run: ({ now, node, surroundings: { fromTheFuture, clockSynchronised } }) => {
      const released = firstRelease(Number.parseInt(node.version, 10));
      if (released !== undefined && now < released) {
        const seen = `it is ${dateOf(now)}, before Node ${node.version} was released`;
        return { level: 'warning', seen };
      }
      if (fromTheFuture) {
        const { file, aheadMs } = fromTheFuture;
        const seen = `${file} was changed in the future, ${formatMs(aheadMs)} from now`;
        return { level: 'warning', seen };
      }
      return clockSynchronised === false
        ? { level: 'note', seen: 'systemd-timesyncd runs and has not synchronised it yet' }
        : 'ok';
    },
  },
  {
    id: 'tmp',
    group: 'Machine',
    levels: ['warning', 'note'],
    title: 'The temporary directory is small or closed to programs',
    why: 'control sockets, caches and unpacked addons lie there',
    mend: 'name another directory by TMPDIR',
    run: ({ surroundings: { tmp } }) => {
      if (!tmp.space) return NOT_APPLICABLE;
      if (tmp.space.freeBytes < NO_SPACE) {
        return { level: 'warning', seen: `${tmp.path} has ${formatMemory(tmp.space.freeBytes)} left` };
      }
      return tmp.noexec ? { level: 'note', seen: `${tmp.path} is mounted noexec` } : 'ok';
    },
  },
  {
    id: 'log-file',
    group: 'Machine',
    levels: ['error'],
    title: 'The log file cannot be written',
    why: 'the start ends with exit code 2',
    mend: 'make the directory, and let this user write there',
    run: ({ files }) => {
      if (files.logs.length === 0) return NOT_APPLICABLE;
      const bad = files.logs.find(({ writable }) => !writable);
      if (!bad) return 'ok';
      const why = bad.isDirectory
        ? 'it is a directory'
        : bad.directoryExists
          ? 'this user may not write it'
          : 'there is no such directory';
      return { level: 'error', seen: `${bad.option} ${bad.file}: ${why}` };
    },
  },
  {
    id: 'pid-file',
    group: 'Machine',
    levels: ['error'],
    title: 'The pid file cannot be written',
    why: 'the start ends with exit code 2',
    mend: 'name a file by --pid-file in a directory that exists and that this user may write to',
    run: ({ files, server }) => {
      if (server?.config.pidFile === undefined) return NOT_APPLICABLE;
      return files.pidFileProblem === undefined ? 'ok' : { level: 'error', seen: files.pidFileProblem };
    },
  },
  {
    id: 'log-space',
    group: 'Machine',
    levels: ['error', 'warning'],
    title: 'The disk of the log is full',
    why: 'lines are lost, those of the next failure first',
    mend: 'make room, or let the log go elsewhere by --log-file',
    run: ({ files }) => {
      if (files.logs.length === 0) return NOT_APPLICABLE;
      const spaces = files.logs.flatMap((log) => (log.space ? [{ ...log, free: log.space.freeBytes }] : []));
      const least = spaces.sort((one, other) => one.free - other.free)[0];
      if (!least || least.free >= LITTLE_SPACE) return 'ok';
      const seen = `${formatMemory(least.free)} left for ${least.file}`;
      return { level: least.free < NO_SPACE ? 'error' : 'warning', seen };
    },
  },
  {
    id: 'log-rotation',
    group: 'Machine',
    levels: ['note'],
    title: 'Nothing rotates the log file',
    why: 'it grows until the disk is full',
    mend: 'an entry in /etc/logrotate.d that sends USR1 to the master alone (docs/operating.md, "Rotation")',
    run: ({ files }) => {
      if (files.logs.length === 0) return NOT_APPLICABLE;
      const bad = files.logs.find(({ rotated, writable }) => writable && !rotated);
      return bad ? { level: 'note', seen: `no entry in /etc/logrotate.d names ${bad.file}` } : 'ok';
    },
  },
  {
    id: 'compile-cache',
    group: 'Machine',
    levels: ['note'],
    title: 'The compile cache cannot be written',
    why: 'each worker compiles the whole app again, and starts slower',
    mend: 'name a directory of this user by CACHE_DIRECTORY, or say --no-compile-cache',
    run: ({ files, server }) => {
      if (!server?.config.compileCache) return NOT_APPLICABLE;
      const { compileCacheProblem: seen } = files;
      return seen === undefined ? 'ok' : { level: 'note', seen };
    },
  },
];
