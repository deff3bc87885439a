/** The options of the server against the machine that it is to run on. */
import { formatAddress, formatMemory } from '@tshorn/core';
import { type Check, failed, NOT_APPLICABLE } from '../check.ts';
import type { Facts } from '../facts.ts';

const MB = 1024 * 1024;
/** The part of the memory that workers may plan with: the master, buffers and the kernel need some. */
const USABLE = 0.8;

const limitOf = ({ resources }: Facts) => resources.memoryLimitBytes ?? resources.memoryBytes;
const whose = ({ resources }: Facts) =>
  resources.memoryLimitBytes === undefined ? 'the machine has' : 'the control group allows';

/** Of --max-old-space-size, where somebody has set it. */
function heapBytes({ node }: Facts): number | undefined {
  const option = node.options.findLast(({ name }) => name === '--max-old-space-size');
  const megabytes = Number(option?.value);
  return megabytes > 0 ? megabytes * MB : undefined;
}

const fittingHeap = (facts: Facts, workers: number) =>
  Math.max(64, Math.floor((limitOf(facts) * USABLE) / (workers + 1) / MB / 16) * 16);

export const CONFIGURATION_CHECKS: readonly Check[] = [
  {
    id: 'config',
    group: 'Configuration',
    levels: ['error'],
    title: 'The configuration cannot be used',
    why: 'the server does not start, and a reload is refused',
    mend: 'correct what the line names, and look again by `tshorn --check-config`',
    run: ({ configError, server }) => {
      if (configError) return failed(configError);
      return server?.hasApp ? 'ok' : NOT_APPLICABLE;
    },
  },
  {
    id: 'config-warnings',
    group: 'Configuration',
    levels: ['warning'],
    title: 'A part of the configuration is not read',
    why: 'an option that was meant to count has no effect',
    mend: 'correct the name, or remove it',
    run: ({ server }) => {
      if (!server) return NOT_APPLICABLE;
      return server.warnings.length === 0 ? 'ok' : { level: 'warning', seen: server.warnings.join('; ') };
    },
  },
  {
    id: 'workers-above-cpus',
    group: 'Configuration',
    levels: ['warning', 'note'],
    title: 'There are more workers than CPUs to run them',
    why: 'under load they wait for each other, and a quota stops them all at once: slow responses',
    mend: 'leave --workers out: the default is one per CPU, within the quota',
    run: ({ server, resources }) => {
      if (!server?.hasApp) return NOT_APPLICABLE;
      const { workers } = server.config;
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
      const { workers, maxMemory } = server.config;
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
      const { workers, maxMemory } = server.config;
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
        mend: `--max-old-space-size=${fittingHeap(facts, facts.server?.config.workers ?? 1)}`,
      };
    },
  },
  {
    id: 'node-options-inspect',
    group: 'Configuration',
    levels: ['error', 'warning'],
    title: 'NODE_OPTIONS opens the inspector',
    why: 'master and workers want the same port, and who reaches it can run code as this user',
    mend: 'take it out of NODE_OPTIONS and --node-options',
    run: ({ node, server }) => {
      if (server?.config.watch) return NOT_APPLICABLE;
      const found = node.options.find(({ name }) => /^--inspect(-brk|-wait)?$/.test(name));
      if (!found) return 'ok';
      const waits = found.name !== '--inspect';
      const seen = `${found.name}${found.value === undefined ? '' : `=${found.value}`}`;
      return { level: waits ? 'error' : 'warning', seen: waits ? `${seen}: each worker waits` : seen };
    },
  },
  {
    id: 'node-options-missing',
    group: 'Configuration',
    levels: ['error'],
    title: 'NODE_OPTIONS loads a module that is not there',
    why: 'Node ends before the first line of the app',
    mend: 'install it, or correct the path; a relative path starts from the working directory',
    run: ({ node }) => {
      if (!node.options.some(({ name }) => /^(-r|--require|--import)$/.test(name))) return NOT_APPLICABLE;
      return node.missingModules.length === 0
        ? 'ok'
        : { level: 'error', seen: node.missingModules.join(', ') };
    },
  },
  {
    id: 'backlog',
    group: 'Configuration',
    levels: ['warning', 'note'],
    title: 'The kernel shortens the queue of new connections',
    why: 'in a burst, connections beyond it wait a second or more, or fail',
    mend: 'sysctl -w net.core.somaxconn=N, and the same in /etc/sysctl.d',
    run: ({ server, limits }) => {
      if (!server?.hasApp || limits.somaxconn === undefined) return NOT_APPLICABLE;
      const { backlog } = server.config;
      if (backlog <= limits.somaxconn) return 'ok';
      return {
        level: server.given.has('backlog') ? 'warning' : 'note',
        seen: `--backlog ${backlog}, net.core.somaxconn ${limits.somaxconn}`,
        mend: `sysctl -w net.core.somaxconn=${backlog}, and the same in /etc/sysctl.d`,
      };
    },
  },
  {
    id: 'low-port',
    group: 'Configuration',
    levels: ['error'],
    title: 'This user may not bind the port',
    why: 'the start ends with exit code 6',
    mend: 'start as root with --user, or under systemd with AmbientCapabilities=CAP_NET_BIND_SERVICE',
    run: ({ server, network: { lowestPort, mayBindLow }, isRoot }) => {
      if (!server?.hasApp || lowestPort === undefined) return NOT_APPLICABLE;
      const low = server.config.bind.find(
        (address) => address.kind === 'tcp' && address.port > 0 && address.port < lowestPort,
      );
      if (!low || isRoot || mayBindLow) return 'ok';
      return {
        level: 'error',
        seen: `${formatAddress(low)}; ports below ${lowestPort} need CAP_NET_BIND_SERVICE`,
      };
    },
  },
  {
    id: 'address-in-use',
    group: 'Configuration',
    levels: ['error', 'note'],
    title: 'The address is in use',
    why: 'a second server cannot bind it, and ends with exit code 5',
    mend: 'end that program, or choose another --bind',
    run: ({ server, network, masters }) => {
      if (!server?.hasApp) return NOT_APPLICABLE;
      const [taken] = network.taken;
      if (!taken) return 'ok';
      const { address, pids, program } = taken;
      const own = masters.find(({ pid }) => pids.includes(pid));
      if (own) {
        const seen = `${address}: a tshorn master, pid ${own.pid}`;
        return { level: 'note', seen, mend: `deploy into it by \`tshorn reload ${own.pid}\`` };
      }
      const who = pids.length === 0 ? 'a process of another user' : `${program}, pid ${pids[0]}`;
      return { level: 'error', seen: `${address}: ${who}` };
    },
  },
  {
    id: 'ipv6-off',
    group: 'Configuration',
    levels: ['error'],
    title: 'IPv6 is off, and the server is to listen on an IPv6 address',
    why: 'the start ends with exit code 7',
    mend: '--bind 0.0.0.0:PORT, or --bind :PORT, which takes what there is',
    run: ({ server, network }) => {
      if (!server?.hasApp || network.hasIpv6 === undefined) return NOT_APPLICABLE;
      const wanted = server.config.bind.find((at) => at.kind === 'tcp' && at.host.includes(':'));
      if (!wanted || network.hasIpv6) return 'ok';
      return { level: 'error', seen: `${formatAddress(wanted)}; no interface has an IPv6 address` };
    },
  },
];
