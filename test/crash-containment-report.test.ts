/** A crash that is contained is reported as one that is not: what Node writes, the last lines, and the reason. */
import { fateOf } from './support/crowd.ts';
import { ask } from './support/load.ts';
import { isLong } from './support/long.ts';
import { endServers, fixture, type LogLine, startServer, type TestServer } from './support/server.ts';

afterEach(endServers);

/** The sixth crash in a row is told in few words, until a reload commits. */
const MOST_IN_A_ROW = 3;

const SHORT = ['throw-of-cause', 'later-of-properties', 'rejection-of-string'];
const ALL = [
  ...[
    'error',
    'cause',
    'properties',
    'class',
    'aggregate',
    'lines',
    'no-stack',
    'string',
    'nothing',
    'null',
    'object',
  ].flatMap((what) => [`throw-of-${what}`, `later-of-${what}`, `rejection-of-${what}`]),
  'event-of-error',
  'event-of-object',
];

interface Report {
  readonly written: string;
  readonly lastLines: unknown;
  /** Behind the worker's name, without the exit code and the time. */
  readonly text: string;
}

async function reportOf(server: TestServer, path: string): Promise<Report> {
  const from = server.lines.length;
  const before = server.output.length;
  await fateOf(ask({ port: server.port }, { path: `/${path}`, agent: false }));
  const crashed: LogLine = await server.event('crashed', { from });
  await server.event('ready', { from });
  const text = crashed.msg.replace(/^crashed worker=.* pid=\d+ /, '').replace(/^exit code 1: /, '');
  return {
    written: server.output.slice(before),
    lastLines: crashed.lastLines,
    text: text.replace(/after \d+\.\ds/, 'after some time'),
  };
}

async function reports(paths: readonly string[], flags: readonly string[], env: Record<string, string>) {
  const server = await startServer(fixture('throws-anything.mjs'), { args: flags, env });
  const all: Record<string, Report> = {};
  for (const [at, path] of paths.entries()) {
    if (at > 0 && at % MOST_IN_A_ROW === 0) expect((await server.reload()).outcome).toBe('committed');
    all[path] = await reportOf(server, path);
  }
  return all;
}

test.each([
  ['as it is', {}],
  ...(isLong
    ? [
        ['with --enable-source-maps', { NODE_OPTIONS: '--enable-source-maps' }],
        ['with --trace-uncaught', { NODE_OPTIONS: '--trace-uncaught' }],
        ['with --stack-trace-limit', { NODE_OPTIONS: '--stack-trace-limit=2' }],
        ['in colour', { FORCE_COLOR: '1' }],
      ]
    : []),
] as [string, Record<string, string>][])(
  'Node %s: the same report with and without a grace',
  async (_how, env) => {
    const paths = isLong ? ALL : SHORT;
    const [contained, atOnce] = await Promise.all([
      reports(paths, [], env),
      reports(paths, ['--crash-grace', '0'], env),
    ]);
    for (const path of paths) {
      // From outside a worker that has ended, some exceptions cannot be told.
      if (atOnce[path]?.text.startsWith('exit code 1'))
        Object.assign(atOnce[path], { text: contained[path]?.text });
    }
    expect(contained).toEqual(atOnce);
  },
  isLong ? 180_000 : 60_000,
);
