/** Renders a Dockerfile. Pure. */
import type { Config } from '@tshorn/config';
import { wrapComments } from '../wrap-comments.ts';

export interface Container {
  readonly head: readonly string[];
  /** Major version of Node. */
  readonly node: number;
  readonly lock: Lock | undefined;
  /** package.json has a script `build`. */
  readonly builds: boolean;
  readonly config: Config;
  /** Behind `tshorn`: the command line of the server. */
  readonly words: readonly string[];
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** Where the health check asks the app; undefined: it asks the master. */
  readonly probe: Probe | undefined;
  readonly ports: readonly number[];
  /** The status path has been chosen, so that only 2xx is healthy. */
  readonly isStrict: boolean;
  /** The control socket, where somebody has chosen one. */
  readonly control: string | undefined;
  readonly warnings: readonly string[];
}

export interface Probe {
  readonly host: string;
  readonly port: number;
  /** The variable PORT sets the port. */
  readonly readsPort: boolean;
}

/** A lock file, and the commands of its package manager. */
export interface Lock {
  readonly file: string;
  readonly setup: readonly string[];
  readonly all: string;
  readonly production: string;
  /** Removes what only the build needs. */
  readonly prune: string;
}

export const LOCKS: readonly Lock[] = [
  {
    file: 'package-lock.json',
    setup: [],
    all: 'npm ci',
    production: 'npm ci --omit=dev',
    prune: 'npm prune --omit=dev',
  },
  {
    file: 'pnpm-lock.yaml',
    setup: ['RUN npm install --global pnpm'],
    all: 'pnpm install --frozen-lockfile',
    production: 'pnpm install --frozen-lockfile --prod',
    prune: 'CI=true pnpm prune --prod',
  },
  {
    file: 'yarn.lock',
    setup: ['RUN yarn --version || npm install --global yarn'],
    all: 'yarn install --frozen-lockfile',
    production: 'yarn install --frozen-lockfile --production',
    prune: 'yarn install --frozen-lockfile --production',
  },
];

const NO_LOCK: Lock = {
  file: '',
  setup: ['# There is no lock file: two builds may differ. Run npm install, and commit package-lock.json.'],
  all: 'npm install',
  production: 'npm install --omit=dev',
  prune: 'npm prune --omit=dev',
};

/** Lines of a `.dockerignore`: a copied node_modules would replace the installed one, and secrets stay out of the image. */
export const DOCKERIGNORE = [
  'node_modules',
  '.git',
  '.env*',
  '*.log',
  'Dockerfile',
  '.dockerignore',
] as const;

const MARGIN = 5;

export function dockerfile(container: Container): string {
  const { head, node, config, environment, ports, warnings } = container;
  const seconds = Math.ceil((config.stopDelay + config.grace) / 1000) + MARGIN;
  const comments = [...head, ...warnings.map((warning) => `WARNING: ${warning}`)];
  const lines = [
    ...comments.map((line) => `# ${line}`),
    `# .dockerignore: ${DOCKERIGNORE.join(' ')}`,
    '',
    ...buildStage(container),
    '',
    `FROM node:${node}-slim`,
    'WORKDIR /app',
    ...environment.map(([name, value]) => `ENV ${name}=${quoted(value)}`),
    ...(container.builds
      ? ['COPY --from=build /app ./']
      : ['COPY --from=build /app/node_modules ./node_modules', 'COPY . .']),
    'USER node',
    ...(ports.length === 0 ? [] : [`EXPOSE ${ports.join(' ')}`]),
    `# TERM drains: it takes up to ${seconds} s, and Docker kills after 10 s by default.`,
    `# docker run --stop-timeout ${seconds}`,
    `# Compose: stop_grace_period: ${seconds}s`,
    `# Kubernetes: terminationGracePeriodSeconds: ${seconds}`,
    'STOPSIGNAL SIGTERM',
    ...healthCheck(container),
    '# The list form: tshorn itself is PID 1 and gets the signals, not a shell or npm.',
    `CMD ${JSON.stringify(['node_modules/.bin/tshorn', ...container.words])}`,
    '',
  ];
  return wrapComments(lines.join('\n'), '#');
}

function buildStage({ node, lock = NO_LOCK, builds }: Container): string[] {
  const files = ['package.json', ...(lock.file === '' ? [] : [lock.file])];
  const start = [
    `FROM node:${node}-slim AS build`,
    'WORKDIR /app',
    ...lock.setup,
    '# Ahead of the app, so that a change of the app does not install again.',
    `COPY ${files.join(' ')} ./`,
  ];
  if (!builds) return [...start, `RUN ${lock.production}`];
  return [...start, `RUN ${lock.all}`, 'COPY . .', 'RUN npm run build', `RUN ${lock.prune}`];
}

function healthCheck({ config, probe, isStrict, control }: Container): string[] {
  const timing = `--interval=30s --timeout=5s --start-period=${Math.ceil(config.bootTimeout / 1000)}s`;
  if (!probe) {
    const words = [
      'node_modules/.bin/tshorn',
      'status',
      ...(control === undefined ? [] : ['--control', control]),
    ];
    return ['# Fails when the master does not answer.', `HEALTHCHECK ${timing} CMD ${JSON.stringify(words)}`];
  }
  const { host, port, readsPort } = probe;
  const path = config.statusPath.replaceAll("'", '%27');
  const url = readsPort
    ? `'http://${host}:' + (process.env.PORT || ${port}) + '${path}'`
    : `'http://${host}:${port}${path}'`;
  const healthy = isStrict ? 'r.ok' : 'r.status < 500';
  const code = `fetch(${url}).then((r) => process.exit(${healthy} ? 0 : 1), () => process.exit(1))`;
  return [
    '# Asks the app, without curl. With --stop-delay it answers 503 from TERM on.',
    `HEALTHCHECK ${timing} CMD ${JSON.stringify(['node', '-e', code])}`,
  ];
}

/** A value of ENV: `$` begins a variable there. */
const quoted = (value: string): string =>
  /^[\w./:@%+,=-]+$/.test(value) ? value : `"${value.replace(/[\\"$]/g, '\\$&')}"`;
