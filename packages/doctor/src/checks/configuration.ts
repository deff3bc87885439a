/** The options of the server, and what this machine and its network make of them. */
import type { Config } from '@tshorn/config';
import { formatAddress } from '@tshorn/core';
import { type Check, failed, NOT_APPLICABLE } from '../check.ts';
import type { Facts } from '../facts.ts';

interface AskedInspector {
  readonly flag: string;
  readonly value: string | undefined;
  /** Empty: Node's default, 127.0.0.1. */
  readonly host: string;
}

/** The address of Node's own flag: `--inspect=[HOST:]PORT`. */
function inspectorIn(options: Facts['node']['options']): AskedInspector | undefined {
  const found = options.find(({ name }) => /^--inspect(-brk|-wait)?$/.test(name));
  if (!found) return undefined;
  const { name: flag, value } = found;
  const host = (value ?? '').replace(/:?\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return { flag, value, host };
}

function ownInspector(config: Config | undefined): AskedInspector | undefined {
  const { inspect, inspectBrk } = config ?? {};
  const address = inspectBrk ?? inspect;
  if (!address) return undefined;
  const { host, port } = address;
  return { flag: inspectBrk ? '--inspect-brk' : '--inspect', value: `${host}:${port}`, host };
}

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
    id: 'inspector',
    group: 'Configuration',
    levels: ['error', 'warning', 'note'],
    title: 'The inspector of the workers is open',
    why: 'whoever reaches its port runs code as this user',
    mend: 'take --inspect out of NODE_OPTIONS and of the options of the server',
    run: ({ node, server }) => {
      if (server?.config.watch) return NOT_APPLICABLE;
      const asked = inspectorIn(node.options) ?? ownInspector(server?.config);
      if (!asked) return 'ok';
      const { flag, value, host } = asked;
      const seen = value === undefined ? flag : `${flag}=${value}`;
      if (flag !== '--inspect') return { level: 'error', seen: `${seen}: each worker waits for a debugger` };
      return { level: /^(127\.|localhost$|::1$|$)/.test(host) ? 'note' : 'warning', seen };
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
