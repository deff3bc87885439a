/** Promises for every library, run against each of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pollUntil } from '../support/eventually.ts';
import { cases, thorough, times } from '../support/long.ts';
import { endServers, fixture, startServer } from '../support/server.ts';
import type { LibraryClient } from './client.ts';
import { LIBRARIES } from './libraries.ts';

const CLIENTS = times('LIBRARY_CLIENTS', 12, 50);
const RELOADS = times('RELOADS', 3, 5);
/** This one is rolled back. */
const BROKEN = 2;

const directory = mkdtempSync(path.join(tmpdir(), 'tshorn-libraries-'));
const refusal = path.join(directory, 'refuse');
afterAll(() => rmSync(directory, { recursive: true }));

let clients: LibraryClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await endServers();
});

const faults = () => clients.flatMap(({ faults }, at) => faults.map((fault) => `client ${at}: ${fault}`));

/** graphql-ws and Socket.IO have short tests of their own beside this file. */
const SHORT = ['@fastify/websocket'];

thorough.each(cases(LIBRARIES, ({ name }) => SHORT.includes(name)))(
  '$name: reloads, and no client notices',
  async (library) => {
    const args = ['--config', fixture('websocket-libraries/refuses-when-told.config.mjs'), '--grace', '20s'];
    const env = { REFUSE_WHILE: refusal };
    const app = fixture(`websocket-libraries/${library.app}`);
    const server = await startServer(app, { workers: library.workers, args, env });
    clients = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => library.connect(server.port, at)));
    for (const client of clients) client.talk(100);
    const moreHeard = async () => {
      const goals = clients.map(({ echoed, pushed }) => ({ echoed: echoed + 5, pushed: pushed + 5 }));
      const heard = ({ sent, echoed, pushed }: LibraryClient, at: number) =>
        echoed >= Math.min(sent, goals[at]?.echoed ?? 0) && pushed >= (goals[at]?.pushed ?? 0);
      await pollUntil(() => faults().length > 0 || clients.every(heard));
      expect([faults().slice(0, 20), server.story]).toEqual([[], expect.anything()]);
    };

    await moreHeard();
    for (let reload = 1; reload <= RELOADS; reload++) {
      if (reload === BROKEN) writeFileSync(refusal, '');
      expect(await server.reload()).toMatchObject({
        outcome: reload === BROKEN ? 'rolled-back' : 'committed',
      });
      rmSync(refusal, { force: true });
      await moreHeard();
    }

    for (const client of clients) client.silence();
    await pollUntil(() => clients.every(({ echoed, sent }) => echoed === sent));
    await moreHeard();
    expect(faults()).toEqual([]);
    const serving = new Set(server.readyPids);
    expect(clients.filter(({ pid }) => !serving.has(pid))).toEqual([]);
    clients.forEach((client, at) => {
      expect(client.seen).toEqual(library.expected(at));
    });
    const closed = server.of('drained').flatMap(({ closed, forceClosed }) => [closed, forceClosed]);
    expect(closed.every((count) => count === 0)).toBe(true);
  },
  240_000,
);
