/** The log tells the same of a crash that is contained as of one that is not: what was written, the last lines, the reason. */
import { fateOf } from './support/crowd.ts';
import { ask } from './support/load.ts';
import { isLong } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

/** Of others a worker that has ended tells less. No more: the sixth crash in a row is told in few words. */
const KINDS = ['cause', 'file', 'event'];

async function reportOf(server: TestServer, kind: string) {
  const from = server.lines.length;
  const before = server.output.length;
  await fateOf(ask({ port: server.port }, { path: `/${encodeURIComponent(kind)}`, agent: false }));
  const { msg, lastLines } = await server.event('crashed', { from });
  await server.event('ready', { from });
  const reason = msg
    .replace(/^crashed worker=.* pid=\d+ (?:exit code 1: )?/, '')
    .replace(/after \d+\.\ds/, 'after some time');
  return { kind, reason, lastLines, written: server.output.slice(before) };
}

async function reports(args: readonly string[], env: Record<string, string>) {
  const server = await startServer(fixture('throws-all-kinds.cjs'), { args, env });
  const all: Awaited<ReturnType<typeof reportOf>>[] = [];
  for (const kind of KINDS) all.push(await reportOf(server, kind));
  return all;
}

const VARIANTS: [string, Record<string, string>][] = [
  ['with --enable-source-maps', { NODE_OPTIONS: '--enable-source-maps' }],
  ['with --trace-uncaught', { NODE_OPTIONS: '--trace-uncaught' }],
  ['with --stack-trace-limit', { NODE_OPTIONS: '--stack-trace-limit=2' }],
  ['in colour', { FORCE_COLOR: '1' }],
];

test.each([['as it is', {}] as const, ...(isLong ? VARIANTS : [])])(
  'Node %s: the same with and without a grace',
  async (_how, env) => {
    const contained = await reports([], env);
    expect(contained).toEqual(await reports(['--crash-grace', '0'], env));
  },
);
