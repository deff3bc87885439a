/** Runs one package by node and by tshorn, and returns what a row of the table says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-ports.ts';
import { TestServer } from '../../support/server.ts';
import { askTwice, differences, type RealAnswer, requestsOf, serves } from './answers.ts';
import { NodeApp } from './node-app.ts';
import type { RealPackage } from './real-package.ts';
import { idleClient, ReloadLoad } from './reload-load.ts';

const WORKERS = 2;
const START_WITHIN_MS = 60_000;
/** The answers that the load gets before, between and after the reloads. */
const FLOW = 100;

export interface Trial {
  readonly differences: readonly string[];
  readonly answered: number;
  readonly failed: readonly string[];
  readonly closed: readonly string[];
  readonly reloadsMs: readonly number[];
  readonly term: { readonly node: Term; readonly tshorn: Term };
  /** Lines of the clean-up: of node, and of each worker of tshorn that has ended. */
  readonly cleanUps?: { readonly node: number; readonly tshorn: number; readonly workers: number };
  /** Warnings and errors in the log. */
  readonly complaints: readonly string[];
  readonly output: string;
}

interface Term {
  readonly code: number | string | null;
  readonly ms: number;
}

export async function tryPackage(one: RealPackage, cwd: string): Promise<Trial> {
  const port = await freePort();
  // Jest sets NODE_ENV.
  const env = {
    ...process.env,
    NODE_ENV: undefined,
    WEB_CONCURRENCY: undefined,
    PORT: String(port),
    ...one.env,
  };
  const node = await tryNode(one, port, cwd, env);
  return tryTshorn(one, port, cwd, env, node);
}

interface NodeTrial {
  readonly answers: RealAnswer[][];
  readonly term: Term;
  readonly output: string;
}

const fill = (args: readonly string[], port: number) =>
  args.map((arg) => arg.replaceAll('{port}', String(port)));

async function tryNode(
  one: RealPackage,
  port: number,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<NodeTrial> {
  const options = one.nodeOptions ? { NODE_OPTIONS: one.nodeOptions } : {};
  const app = new NodeApp(fill(one.node, port), cwd, { ...env, ...options });
  try {
    await app.until(() => serves(one, port));
    const answers = await askTwice(one, port);
    const idle = await idleClient(port, requestsOf(one)[0]!);
    const from = Date.now();
    const code = await app.stop();
    idle.leave();
    return { answers, term: { code, ms: Date.now() - from }, output: app.output };
  } finally {
    await app.end();
  }
}

async function tryTshorn(
  one: RealPackage,
  port: number,
  cwd: string,
  env: NodeJS.ProcessEnv,
  node: NodeTrial,
): Promise<Trial> {
  const [app = '', ...args] = fill(one.tshorn ?? one.node, port);
  const options = one.nodeOptions ? { NODE_OPTIONS: one.nodeOptions } : {};
  const server = new TestServer(app, {
    args,
    cwd,
    env: { ...env, ...options },
    workers: WORKERS,
    bind: `127.0.0.1:${port}`,
  });
  try {
    await server.until('started', () => server.of('started')[0], START_WITHIN_MS);
    const answers = await askTwice(one, port);
    const load = new ReloadLoad(port, requestsOf(one)[0]!).start();
    const reloadsMs: number[] = [];
    await flow(load);
    for (let n = 0; n < 2; n++) {
      const { outcome, reason, tookMs } = await reload(server);
      if (outcome !== 'committed') throw new Error(`the reload ended as ${outcome}: ${reason}`);
      reloadsMs.push(Number(tookMs));
      await flow(load);
    }
    const { answered, failed, closed } = await load.stop();
    const idle = await idleClient(port, requestsOf(one)[0]!);
    const from = Date.now();
    const code = await server.stop('SIGTERM');
    const term = { node: node.term, tshorn: { code, ms: Date.now() - from } };
    idle.leave();
    // The app may write JSON as well.
    const own = server.lines.filter(({ msg }) => msg === undefined).map((line) => JSON.stringify(line));
    const printed = [server.output, ...own].join('\n');
    if (one.prints && !one.prints.test(printed)) throw new Error(`${one.prints} is not printed`);
    const count = (text: string) => text.match(new RegExp(one.cleanUp as RegExp, 'gm'))?.length ?? 0;
    return {
      differences: differences(one, node.answers, answers),
      answered,
      failed,
      closed,
      reloadsMs,
      term,
      ...(one.cleanUp && {
        cleanUps: { node: count(node.output), tshorn: count(printed), workers: WORKERS * 3 },
      }),
      complaints: server.lines
        .filter(({ level, msg }) => level >= 40 && !/^workers run as root/.test(msg))
        .map(({ msg }) => msg),
      output: server.story,
    };
  } catch (error) {
    const { message } = error as Error;
    throw new Error(message.includes(server.story) ? message : `${message}\n${server.story}`);
  } finally {
    await server.end();
  }
}

/** Sends HUP. A framework may take longer to start than the other tests wait. */
async function reload(server: TestServer) {
  const from = server.lines.length;
  server.signal('SIGHUP');
  return server.until('a verdict', () => server.of('reload-finished', from)[0], 120_000);
}

async function flow(load: ReloadLoad): Promise<void> {
  const goal = load.answered + FLOW;
  for (const end = Date.now() + 30_000; load.answered < goal && load.failed.length === 0; await sleep(20)) {
    if (Date.now() > end) throw new Error(`only ${load.answered} answers`);
  }
}
