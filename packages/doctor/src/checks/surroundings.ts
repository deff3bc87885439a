/** Who starts the server, as whom, and what else of tshorn there is. */
import { basename } from 'node:path';
import { type Check, failed, NOT_APPLICABLE } from '../check.ts';

/** Programs that stand between a supervisor and the server, and do not pass every signal on. */
const WRAPPER = /^(npm|npx|yarn|pnpm|corepack)(-cli)?(\.c?js)?$/;
const SHELL = /^(ba|da|a)?sh$/;

/** The wrapper in a command line: `npm`, or `node /usr/bin/npx`, or npm's own title `npm start`. */
export function wrapperIn(words: readonly string[]): string | undefined {
  const names = words.slice(0, 2).map((word) => basename(word.split(' ')[0] ?? ''));
  return names.find((name) => WRAPPER.test(name));
}

/** True for `sh -c 'node ...'`; a shell that waits for a developer runs something else. */
const isShell = ([program = '', option, ...script]: readonly string[]) =>
  SHELL.test(basename(program)) && option === '-c' && /tshorn|node|npm|npx|yarn/.test(script.join(' '));

export const SURROUNDINGS_CHECKS: readonly Check[] = [
  {
    id: 'pid-1-wrapper',
    group: 'Surroundings',
    levels: ['warning'],
    title: 'In this container npm or a shell gets the signals',
    why: 'TERM ends the wrapper or nobody: requests in flight are cut off at the stop',
    mend: 'CMD ["node_modules/.bin/tshorn", "app.js"] in the Dockerfile, in the list form',
    run: ({ surroundings: { inContainer, pid1 } }) => {
      if (!inContainer || !pid1) return NOT_APPLICABLE;
      const found = wrapperIn(pid1) !== undefined || isShell(pid1);
      return found ? { level: 'warning', seen: `pid 1 is ${pid1.join(' ')}` } : 'ok';
    },
  },
  {
    id: 'no-init',
    group: 'Surroundings',
    levels: ['note'],
    title: 'The container has no init',
    why: 'tshorn handles its signals as PID 1, and programs that the app abandons stay as zombies',
    mend: 'docker run --init, `init: true` in Compose, or tini as the entry point',
    run: ({ surroundings: { inContainer, pid1 } }) => {
      if (!inContainer || !pid1) return NOT_APPLICABLE;
      const isNode = /^(node|nodejs|tshorn)\b/.test(basename(pid1[0] ?? ''));
      return isNode ? { level: 'note', seen: `pid 1 is ${pid1.join(' ')}` } : 'ok';
    },
  },
  {
    id: 'started-by-npm',
    group: 'Surroundings',
    levels: ['warning'],
    title: 'A running master was started by npm or npx',
    why: 'they do not pass HUP and TERM on, so a service manager reaches npm alone',
    mend: 'start node_modules/.bin/tshorn itself',
    run: ({ masters }) => {
      if (masters.length === 0) return NOT_APPLICABLE;
      const found = masters.filter(({ wrapper }) => wrapper !== undefined);
      const seen = found.map(({ pid, wrapper }) => `pid ${pid}, by ${wrapper}`).join('; ');
      return found.length > 0 ? { level: 'warning', seen } : 'ok';
    },
  },
  {
    id: 'systemd-version',
    group: 'Surroundings',
    levels: ['note'],
    title: 'This systemd does not know Type=notify-reload',
    why: '`systemctl reload` cannot wait for the verdict by itself',
    mend: 'Type=notify with ExecReload=tshorn reload, as `tshorn unit` writes it',
    run: ({ surroundings: { systemdVersion: version } }) => {
      if (version === undefined) return NOT_APPLICABLE;
      return version < 253 ? { level: 'note', seen: `systemd ${version}; it came with 253` } : 'ok';
    },
  },
  {
    id: 'notify-socket',
    group: 'Surroundings',
    levels: ['error'],
    title: 'systemd waits for a message that cannot be sent',
    why: 'the unit never becomes active, and systemd ends it after TimeoutStartSec',
    mend: 'install systemd-notify (package systemd), or use Type=exec',
    run: ({ env, surroundings: { hasNotifyProgram, notifySocketExists } }) => {
      const socket = env.NOTIFY_SOCKET;
      if (!socket) return NOT_APPLICABLE;
      if (!hasNotifyProgram)
        return { level: 'error', seen: 'NOTIFY_SOCKET is set, and PATH has no systemd-notify' };
      if (notifySocketExists) return 'ok';
      return {
        level: 'error',
        seen: `NOTIFY_SOCKET names ${socket}, which is not there`,
        mend: 'unset NOTIFY_SOCKET outside of a unit; in a container, mount that socket',
      };
    },
  },
  {
    id: 'root',
    group: 'Surroundings',
    levels: ['warning'],
    title: 'The app runs as root',
    why: 'a hole in the app is a hole in the machine',
    mend: '--user NAME: the master binds as root, the workers run as that user (--user root: meant so)',
    run: ({ isRoot, server }) => {
      if (!server?.hasApp) return NOT_APPLICABLE;
      return isRoot && server.config.user === undefined
        ? { level: 'warning', seen: 'uid 0, no --user' }
        : 'ok';
    },
  },
  {
    id: 'user',
    group: 'Surroundings',
    levels: ['error'],
    title: 'The user of the workers cannot run the app',
    why: 'the start ends with exit code 2',
    mend: 'let that user read the app, its directory, Node and tshorn',
    run: ({ app, server }) => {
      if (!app || server?.config.user === undefined) return NOT_APPLICABLE;
      return app.failure?.code === 'ERR_USER' ? failed(app.failure) : 'ok';
    },
  },
  {
    id: 'node-env',
    group: 'Surroundings',
    levels: ['note'],
    title: 'NODE_ENV is not production',
    why: 'Express and others compile views again and show stacks to clients',
    mend: 'NODE_ENV=production in the environment or the --environment-file of the service',
    run: ({ app, env, server }) => {
      if (!app || server?.config.watch) return NOT_APPLICABLE;
      if (env.NODE_ENV === 'production') return 'ok';
      return { level: 'note', seen: env.NODE_ENV ? `NODE_ENV=${env.NODE_ENV}` : 'NODE_ENV is not set' };
    },
  },
  {
    id: 'environment-file',
    group: 'Surroundings',
    levels: ['warning'],
    title: 'Every user of the machine can read the environment file',
    why: 'it holds the secrets of the app',
    mend: 'chmod 640 FILE',
    run: ({ server, files: { openEnvFiles } }) => {
      if (!server || server.config.envFile.length === 0) return NOT_APPLICABLE;
      if (openEnvFiles.length === 0) return 'ok';
      return {
        level: 'warning',
        seen: openEnvFiles.join(', '),
        mend: `chmod 640 ${openEnvFiles.join(' ')}`,
      };
    },
  },
  {
    id: 'leftover-master',
    group: 'Surroundings',
    levels: ['warning'],
    title: 'A master is left over from a release that is gone',
    why: 'it holds its port and its memory, and cannot replace a worker that crashes',
    mend: 'tshorn stop PID',
    run: ({ masters }) => {
      const left = masters.filter(({ gone }) => gone !== undefined);
      if (left.length === 0) return 'ok';
      const where = (addresses: readonly string[]) =>
        addresses.length > 0 ? ` on ${addresses.join(', ')}` : '';
      const seen = left.map(({ pid, addresses, gone }) => `pid ${pid}${where(addresses)}: ${gone} is gone`);
      const mend = left.map(({ pid }) => `tshorn stop ${pid}`);
      return { level: 'warning', seen: seen.join('; '), mend: mend.join('; ') };
    },
  },
  {
    id: 'same-app-twice',
    group: 'Surroundings',
    levels: ['note'],
    title: 'Several masters of this user serve one app',
    why: 'a reload reaches one of them: the other keeps the old release',
    mend: 'tshorn stop PID for the one that is not wanted',
    run: ({ masters }) => {
      const apps = masters.flatMap(({ app }) => app ?? []);
      const twice = apps.find((app, at) => apps.indexOf(app) !== at);
      if (twice === undefined) return 'ok';
      const pids = masters.filter(({ app }) => app === twice).map(({ pid }) => pid);
      return { level: 'note', seen: `${twice}: pids ${pids.join(', ')}` };
    },
  },
  {
    id: 'stale-sockets',
    group: 'Surroundings',
    levels: ['note'],
    title: 'Control sockets of dead masters are left',
    why: 'their masters were killed; the next start removes them',
    mend: 'rm FILE, or leave it to the next start',
    run: ({ staleSockets }) =>
      staleSockets.length === 0
        ? 'ok'
        : { level: 'note', seen: staleSockets.join(', '), mend: `rm ${staleSockets.join(' ')}` },
  },
  {
    id: 'two-versions',
    group: 'Surroundings',
    levels: ['warning'],
    title: 'Two versions of tshorn can be started here',
    why: 'a command of one version asks a master of the other',
    mend: 'npm install --global tshorn@VERSION, or type npx tshorn everywhere',
    run: ({ surroundings: { programs } }) => {
      const [first, ...others] = programs;
      const other = others.find(({ version }) => version !== first?.version);
      if (!first || !other) return 'ok';
      return {
        level: 'warning',
        seen: `${first.version} (${first.path}) and ${other.version} (${other.path})`,
        mend: `npm install --global tshorn@${first.version}, or remove the one that is not wanted`,
      };
    },
  },
];
