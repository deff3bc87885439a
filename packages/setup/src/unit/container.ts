/** `tshorn unit --container`: reads the project, and makes its Dockerfile. */
import { join, relative } from 'node:path';
import { readCommandLine, resolveConfig } from '@tshorn/config';
import { type BindAddress, formatAddress, readPackage, resolveApp } from '@tshorn/core';
import type { Made, MadeFile } from '../write-files.ts';
import { type Container, DOCKERIGNORE, dockerfile, LOCKS, type Probe } from './dockerfile.ts';
import type { Machine } from './machine.ts';
import { missingVariables } from './missing-variables.ts';
import { serverWords } from './server-words.ts';

type Tcp = Extract<BindAddress, { kind: 'tcp' }>;

const LOOPBACK = /^(127\.|localhost$|::1$)/;
/** Variables that mean the same in a container. */
const CARRIED = /^(TSHORN_|NODE_ENV$|NODE_OPTIONS$|PORT$|TZ$|UV_|WEB_CONCURRENCY$)/;
const DEFAULT_PORT = 8000;

/**
 * @param argv the words of a server: `app.js --workers 4`
 * @throws TshornError as a start would: a wrong option, a missing app
 */
export async function makeContainer(argv: readonly string[], machine: Machine): Promise<Made> {
  const { cwd, env } = machine;
  const resolved = await resolveConfig({ argv, env, cwd });
  const { config, origins } = resolved;
  const app = resolveApp(config.app, config.cwd);
  const root = config.cwd;
  const readsPort = !resolved.given.has('bind');
  const hidden = readsPort ? [] : config.bind.filter(isHidden);
  const server = serverWords({
    resolved,
    commandLine: readCommandLine(argv, cwd),
    env,
    cwd,
    isLinked: false,
    within: root,
    ...(hidden.length > 0 && { binds: config.bind.map(opened) }),
  });
  const own = config.bind.filter((bind): bind is Tcp => bind.kind === 'tcp');
  const ports = [...new Set(own.map(({ port }) => port))].filter((port) => port > 0);
  const packageJson = readPackage(root);
  const hasIgnore = machine.stat(join(root, '.dockerignore')) !== undefined;
  const missing = missingVariables(
    resolved,
    app.file,
    new Set([...server.environment.map(([name]) => name), ...server.secrets]),
  );
  const warnings = [
    ...hidden.map(
      (bind) =>
        `${formatAddress(bind)} is reached only inside of the container: the server listens on ${formatAddress(opened(bind))} there`,
    ),
    ...(packageJson === undefined ? ['there is no package.json here'] : []),
    ...(packageJson !== undefined && !depends(packageJson)
      ? ['tshorn is no dependency in package.json: run npm install tshorn']
      : []),
    ...[...config.envFile, ...(resolved.file ? [resolved.file] : [])]
      .filter((file) => relative(root, file).startsWith('..'))
      .map((file) => `${file} is outside of ${root}, and not in the image`),
    ...(hasIgnore
      ? []
      : [`there is no .dockerignore: without one, node_modules of this machine gets into the image`]),
    ...missing.map((name) => `the code reads ${name}: set it when the container is started`),
    ...server.secrets.map((name) => `${name} holds a secret: set it when the container is started`),
  ];
  const container: Container = {
    head: [`Printed by tshorn ${machine.version}.`],
    node: Number(machine.nodeVersion.split('.')[0]),
    lock: LOCKS.find(({ file }) => machine.stat(join(root, file))),
    builds: hasScript(packageJson, 'build'),
    config,
    words: server.words,
    environment: [
      ...server.environment.filter(([name]) => CARRIED.test(name)),
      ...(readsPort && !env.PORT ? [['PORT', String(DEFAULT_PORT)] as const] : []),
    ],
    probe: config.statusPath === '' || config.statusHeader.length > 0 ? undefined : probeOf(own, readsPort),
    ports,
    isStrict: resolved.given.has('statusPath'),
    control: origins.control === 'default' ? undefined : config.control,
    warnings,
  };
  return {
    files: [{ name: 'Dockerfile', text: dockerfile(container) }, ...(hasIgnore ? [] : [IGNORE])],
    warnings,
    next: ['next: docker build .'],
  };
}

const IGNORE: MadeFile = { name: '.dockerignore', text: `${DOCKERIGNORE.join('\n')}\n`, isExtra: true };

const isHidden = (bind: BindAddress): bind is Tcp => bind.kind === 'tcp' && LOOPBACK.test(bind.host);

/** The same port of every address. */
const opened = (bind: BindAddress): BindAddress => (isHidden(bind) ? { ...bind, host: '' } : bind);

function probeOf(binds: readonly Tcp[], readsPort: boolean): Probe | undefined {
  const [first] = binds.filter(({ port }) => port > 0);
  if (!first) return undefined;
  const isAny = ['', '0.0.0.0', '::'].includes(first.host) || LOOPBACK.test(first.host);
  const host = isAny ? '127.0.0.1' : first.host.includes(':') ? `[${first.host}]` : first.host;
  return { host, port: first.port, readsPort };
}

const hasScript = (found: { readonly scripts?: unknown } | undefined, name: string): boolean =>
  typeof (found?.scripts as Record<string, unknown> | undefined)?.[name] === 'string';

const depends = (found: object): boolean =>
  'tshorn' in ((found as { dependencies?: object }).dependencies ?? {});
