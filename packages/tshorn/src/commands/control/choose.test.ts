import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findMaster, mastersMeant } from './choose.ts';

let directory: string;
const servers: http.Server[] = [];
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  fs.rmSync(directory, { recursive: true });
});

/** A master with this pid that works in a directory of this name, and answers after so many milliseconds. */
async function master(pid: number, name: string, afterMs = 0): Promise<string> {
  const cwd = path.join(directory, name);
  fs.mkdirSync(cwd, { recursive: true });
  const socket = path.join(directory, `${pid}.sock`);
  const answer = JSON.stringify({ pid, cwd, app: `${cwd}/app.js`, listeners: [] });
  const listener: http.RequestListener = (_, response) => {
    if (afterMs < Number.POSITIVE_INFINITY) setTimeout(() => response.end(answer), afterMs);
  };
  const server = http.createServer(listener).listen(socket);
  servers.push(server);
  await once(server, 'listening');
  return socket;
}

async function chosenIn(name: string): Promise<{ socket: string; said: string[] }> {
  const said: string[] = [];
  const place = { here: path.join(directory, name), say: (line: string) => said.push(line) };
  return { socket: await findMaster({}, {}, place, [directory], []), said };
}

it('of several masters the only one of this directory is meant, also through a link', async () => {
  await master(7, 'a');
  const socket = await master(8, 'b');
  fs.symlinkSync(path.join(directory, 'b'), path.join(directory, 'current'));
  expect(await chosenIn('b')).toEqual({ socket, said: [] });
  expect(await chosenIn('current')).toEqual({ socket, said: [] });
});

it('of several elsewhere, or several here, none is meant', async () => {
  await master(7, 'a');
  await master(8, 'b');
  await expect(chosenIn('c')).rejects.toThrow('this user runs 2 masters: add the pid of one');
  await master(9, 'b');
  await expect(chosenIn('b')).rejects.toThrow('this user runs 3 masters');
});

it('the only one is meant wherever it works, and is named first when that is elsewhere', async () => {
  const socket = await master(7, 'a');
  expect(await chosenIn('a')).toEqual({ socket, said: [] });
  const a = path.join(directory, 'a');
  expect(await chosenIn('b')).toEqual({
    socket,
    said: [`no master of this directory runs; this is about master 7: ${a}/app.js in ${a}`],
  });
});

it('a command that only looks takes the only one of this directory as well, and else all', async () => {
  const a = await master(7, 'a');
  const b = await master(8, 'b');
  const meantIn = (name: string) =>
    mastersMeant({}, {}, { here: path.join(directory, name) }, [directory], []);
  expect(await meantIn('b')).toEqual({ sockets: [b], others: 1 });
  expect(await meantIn('c')).toEqual({ sockets: [a, b], others: 0 });
  const more = await master(9, 'b');
  expect(await meantIn('b')).toEqual({ sockets: [a, b, more], others: 0 });
  expect(await meantIn('a')).toEqual({ sockets: [a], others: 2 });
});

describe('a master that is slow to answer', () => {
  /** No process has such a pid, so that its directory is not known. */
  const NO_PID = 2 ** 22;
  const SILENT = Number.POSITIVE_INFINITY;
  /** For masters that never answer. */
  const limits = { lateMs: 50, answerMs: 200 };
  const chosen = (here: string, how = {}) => findMaster({}, {}, { here, ...how }, [directory], []);
  const meant = (here: string, how = {}) => mastersMeant({}, {}, { here, ...how }, [directory], []);
  const started = process.cwd();

  it('is waited for, also where a second master of this directory has answered', async () => {
    const a = await master(NO_PID + 7, 'a', 1_200);
    await master(NO_PID + 8, 'b');
    expect(await chosen(path.join(directory, 'a'))).toBe(a);
    await master(NO_PID + 9, 'a');
    await expect(chosen(path.join(directory, 'a'))).rejects.toThrow('this user runs 3 masters');
  });

  it('is named where it was started here, and never answers', async () => {
    await master(8, 'b');
    await master(process.pid, 'c', SILENT);
    const message = `the master of this directory (pid ${process.pid}) does not answer`;
    await expect(chosen(started, { limits })).rejects.toMatchObject({
      code: 'ERR_CONTROL',
      message: expect.stringContaining(message),
      fix: expect.stringContaining('state T'),
    });
    await expect(meant(started, { limits })).rejects.toThrow(message);
  });

  it('delays no choice where it was started elsewhere, and no list', async () => {
    const b = await master(8, 'b');
    const silent = await master(process.pid, 'c', SILENT);
    // A test that waits for the end of these limits fails.
    const patient = { limits: { lateMs: 50, answerMs: 3_600_000 } };
    expect(await chosen(path.join(directory, 'b'), patient)).toBe(b);
    expect((await meant(directory, patient)).sockets.toSorted()).toEqual([b, silent].toSorted());
  });

  it('stands in the list of those of which one has to be named', async () => {
    await master(8, 'b');
    await master(process.pid, 'c', SILENT);
    await expect(chosen(directory, { limits })).rejects.toMatchObject({
      detail: expect.stringContaining(`${process.pid}  no answer`),
    });
  });
});
