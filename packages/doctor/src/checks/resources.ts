/** The CPUs and the memory that the options of the server ask for. */
import { formatMemory, mostWorkers } from '@tshorn/core';
import { type Check, NOT_APPLICABLE } from '../check.ts';
import type { Facts } from '../facts.ts';

const MB = 1024 * 1024;
/** The part of the memory that workers may plan with: the master, buffers and the kernel need some. */
const USABLE = 0.8;

const limitOf = ({ resources }: Facts) => resources.memoryLimitBytes ?? resources.memoryBytes;
const whose = ({ resources }: Facts) =>
  resources.memoryLimitBytes === undefined ? 'the machine has' : 'the control group allows';

/** The value of --max-old-space-size, where somebody has set it. */
function heapBytes({ node }: Facts): number | undefined {
  const option = node.options.findLast(({ name }) => name === '--max-old-space-size');
  const megabytes = Number(option?.value);
  return megabytes > 0 ? megabytes * MB : undefined;
}

const fittingHeap = (facts: Facts, workers: number) =>
  Math.max(64, Math.floor((limitOf(facts) * USABLE) / (workers + 1) / MB / 16) * 16);

export const RESOURCE_CHECKS: readonly Check[] = [
  {
    id: 'workers-above-cpus',
    group: 'Configuration',
    levels: ['warning', 'note'],
    title: 'There are more workers than CPUs to run them',
    why: 'under load they wait for each other, and a quota stops them all at once: slow responses',
    mend: 'leave --workers out: the default is one per CPU, within the quota',
    run: ({ server, resources }) => {
      if (!server?.hasApp) return NOT_APPLICABLE;
      const workers = mostWorkers(server.config.workers);
      const { cpus, cpuQuota } = resources;
      if (cpuQuota !== undefined && workers > Math.max(1, Math.ceil(cpuQuota))) {
        const seen = `${workers} workers, and a CPU quota of ${Math.round(cpuQuota * 100) / 100}`;
        return { level: 'warning', seen };
      }
      return workers > 2 * cpus + 1 ? { level: 'note', seen: `${workers} workers on ${cpus} CPUs` } : 'ok';
    },
  },
  {
    id: 'memory-sum',
    group: 'Configuration',
    levels: ['warning'],
    title: 'The memory limits of the workers do not add up',
    why: 'the kernel kills a worker before its own limit recycles it in order',
    mend: 'lower --max-memory or --max-old-space-size, or --workers',
    run: (facts) => {
      const { server } = facts;
      if (!server?.hasApp) return NOT_APPLICABLE;
      const { maxMemory } = server.config;
      const workers = mostWorkers(server.config.workers);
      const limit = limitOf(facts);
      const recycled =
        maxMemory && ('bytes' in maxMemory ? maxMemory.bytes : (limit * maxMemory.percent) / 100);
      const heap = heapBytes(facts);
      const [option, each] =
        recycled !== undefined ? ['--max-memory', recycled] : ['--max-old-space-size', heap];
      if (each === undefined || each * workers <= limit) return 'ok';
      return {
        level: 'warning',
        seen: `${workers} workers x ${option} ${formatMemory(each)}; ${whose(facts)} ${formatMemory(limit)}`,
        mend: `at most ${formatMemory((limit * USABLE) / (workers + 1))} for each of ${workers} workers and a new one, or fewer workers`,
      };
    },
  },
  {
    id: 'heap-limit',
    group: 'Configuration',
    levels: ['warning'],
    title: 'The heaps of the workers may outgrow the memory limit',
    why: 'V8 collects late, the kernel kills the largest process, and requests are lost',
    mend: "--node-options '--max-old-space-size=N' so that N x workers fits, or --max-memory",
    run: (facts) => {
      const { server, resources, node } = facts;
      const limit = resources.memoryLimitBytes;
      if (!server?.hasApp || limit === undefined) return NOT_APPLICABLE;
      const { maxMemory } = server.config;
      const workers = mostWorkers(server.config.workers);
      if (maxMemory !== undefined || heapBytes(facts) !== undefined) return 'ok';
      if (node.heapLimitBytes * workers <= limit) return 'ok';
      const heap = formatMemory(node.heapLimitBytes);
      return {
        level: 'warning',
        seen: `${workers} workers with a heap of up to ${heap}; ${whose(facts)} ${formatMemory(limit)}`,
        mend: `--node-options '--max-old-space-size=${fittingHeap(facts, workers)}'`,
      };
    },
  },
  {
    id: 'node-options-heap',
    group: 'Configuration',
    levels: ['warning'],
    title: 'The heap limit of one worker is above the memory that there is',
    why: 'V8 never reaches it: the kernel kills the worker first',
    mend: 'lower --max-old-space-size',
    run: (facts) => {
      const heap = heapBytes(facts);
      if (heap === undefined) return NOT_APPLICABLE;
      const limit = limitOf(facts);
      if (heap <= limit) return 'ok';
      return {
        level: 'warning',
        seen: `--max-old-space-size=${Math.round(heap / MB)}; ${whose(facts)} ${formatMemory(limit)}`,
        mend: `--max-old-space-size=${fittingHeap(facts, mostWorkers(facts.server?.config.workers ?? 1))}`,
      };
    },
  },
];
