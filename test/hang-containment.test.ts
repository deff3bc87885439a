/** An endless loop costs the request that has it, and nothing else; what cannot be saved is counted. */
import fs from 'node:fs';
import { type Fate, hangRound, KINDS, type Round } from './support/hang-round.ts';
import { isLong, times } from './support/long.ts';
import { endServers, fixture, startServer, type TestServer } from './support/server.ts';

const WORKERS = 4;
const ROUNDS = times('HANG_ROUNDS', 1, 1);
const numbers = isLong ? { idle: 400, webSockets: 40, slow: 60 } : { idle: 80, webSockets: 16, slow: 24 };
/** The short suite has one of each fate. */
const SHORT = ['handler', 'execSync'];
const kinds = Object.entries(KINDS).filter(([kind]) => isLong || SHORT.includes(kind));

let server: TestServer;
let turn = 0;
const rows: string[] = [];

beforeAll(async () => {
  const args = ['--timeout', '2s', '--log-level', 'debug'];
  server = await startServer(fixture('hangs-in-many-ways.mjs'), { workers: WORKERS, args });
});
afterAll(async () => {
  await endServers();
  report();
});

/** What the clients count and what the log says are the same. */
function agree({ cost, contained, on }: Round): void {
  const { atRest, moved, finished, lost } = cost;
  expect({ moved, atRest }).toEqual({ moved: atRest, atRest: on.idle + on.webSockets });
  // The master may have moved some before, to spread them evenly.
  expect((contained.rescued ?? 0) + (contained.moved ?? 0)).toBeGreaterThanOrEqual(moved * 0.8);
  expect({ finished: contained.finished, lost: contained.lost }).toEqual({ finished, lost: lost + 1 });
}

const fateOf = ({ contained: { interrupted, rescued } }: Round): Fate =>
  interrupted ? 'interrupted' : rescued ? 'killed' : 'native';

const judge: Record<Fate, (round: Round) => void> = {
  any: (round) => judge[fateOf(round)](round),
  interrupted: (round) => {
    const { cost, culprit, contained, exit } = round;
    agree(round);
    expect(cost).toMatchObject({ closedIdle: 0, closedWebSockets: 0, lost: 0 });
    expect(contained).toMatchObject({ cause: 'hang', interrupted: true, lost: 1 });
    expect(culprit).toMatch(/^(503|closed|1006|1011)$/);
    expect(exit).toContain('exit code 1');
  },
  killed: (round) => {
    agree(round);
    expect(round.cost).toMatchObject({ closedIdle: 0, closedWebSockets: 0, finished: 0 });
    expect(round.contained).toMatchObject({ cause: 'hang', interrupted: false, why: expect.any(String) });
    expect(round.exit).toContain('SIGKILL');
  },
  native: ({ contained, exit }) => {
    expect(contained).toMatchObject({ cause: 'hang', interrupted: false, why: expect.any(String) });
    expect(contained.rescued ?? 0).toBe(0);
    expect(exit).toContain('SIGKILL');
  },
};

describe.each(kinds)('%s', (kind, fate) => {
  test(
    `${ROUNDS} x ${fate}`,
    async () => {
      for (let round = 0; round < (fate === 'interrupted' ? ROUNDS : 1); round++) {
        const done = await hangRound(server, { kind, slot: turn++ % WORKERS, numbers });
        rows.push(row(kind, done));
        try {
          expect(done.failuresBeside).toEqual([]);
          judge[fate](done);
          // On a busy machine another worker may have been taken for hung.
          await server.until('all workers', () => server.readyPids.length === WORKERS);
        } catch (error) {
          throw new Error(`${error}\n${rows.at(-1)}\n${done.story}`);
        }
      }
    },
    60_000 * ROUNDS,
  );
});

function row(kind: string, { on, cost, culprit, contained, rescueMs, beyondMs }: Round): string {
  const atRest = `${cost.moved} of ${cost.atRest}`;
  const slow = `${cost.finished} of ${on.slow}`;
  const closed = cost.closedIdle + cost.closedWebSockets;
  const interrupted = contained.interrupted ? 'yes' : `no: ${contained.why}`;
  const cells = [kind, atRest, closed, slow, contained.lost ?? '-', culprit, interrupted, rescueMs, beyondMs];
  return `| ${cells.join(' | ')} |`;
}

/** HANG_TABLE: a file that gets the table. */
function report(): void {
  if (!isLong) return;
  const head =
    '| hang | saved at rest | closed | slow requests answered | lost | the culprit gets | interrupted | rescue ms | beyond --timeout ms |';
  const table = `Node ${process.version}\n\n${head}\n|${' --- |'.repeat(9)}\n${rows.join('\n')}\n\n`;
  if (process.env.HANG_TABLE) fs.appendFileSync(process.env.HANG_TABLE, table);
  else process.stdout.write(table);
}
