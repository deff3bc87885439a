import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Address } from '@tshorn/core';
import { bindError } from '../listeners.ts';
import { Admin, type AdminConfig } from './admin.ts';
import type { Administered } from './administered.ts';

const tcp = (host: string): Address => ({ kind: 'tcp', host, port: 0 });
let directory: string;
const lines: { level: string; event: unknown; text: unknown }[] = [];
const note = (level: string) => (fields: unknown, text?: unknown) =>
  void lines.push({ level, event: (fields as { event?: unknown }).event, text: text ?? fields });
const log = { info: note('info'), warn: note('warn'), error: note('error') };
const view = { master: { observed: { keepHistory: async () => {} } } } as unknown as Administered;

beforeEach(() => {
  lines.length = 0;
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-admin-'));
  fs.writeFileSync(path.join(directory, 'token'), 'a-token-of-some-length\n', { mode: 0o600 });
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

async function warningsOf(config: Partial<AdminConfig>): Promise<unknown[]> {
  const admin = new Admin(view, log as never);
  await admin.bind(
    { admin: [], agent: [], bind: [], adminToken: undefined, ...config },
    { mode: 0o600 },
    undefined,
  );
  admin.begin();
  await admin.close();
  return lines.filter(({ level }) => level !== 'info').map(({ text }) => text);
}

test('an address beyond loopback is one warning that says how to mend it', async () => {
  const warnings = await warningsOf({ admin: [tcp('0.0.0.0'), tcp('127.0.0.1'), tcp('0.0.0.0')] });
  expect(warnings).toEqual([
    expect.stringMatching(/on 0\.0\.0\.0:\d+, 0\.0\.0\.0:\d+ tells everybody .* --admin-token FILE/),
  ]);
});

test.each([
  ['a token protects it', () => ({ admin: [tcp('0.0.0.0')], adminToken: path.join(directory, 'token') })],
  [
    'only this machine reaches it',
    () => ({ admin: [tcp('127.0.0.1'), { kind: 'unix', path: path.join(directory, 'admin') } as const] }),
  ],
  ['HAProxy asks the agent from elsewhere', () => ({ agent: [tcp('0.0.0.0')] })],
])('no warning where %s', async (_why, config) => {
  expect(await warningsOf(config())).toEqual([]);
});

test('a token that every user of the machine can read is one warning that says how to mend it', async () => {
  const adminToken = path.join(directory, 'token');
  fs.chmodSync(adminToken, 0o644);
  expect(await warningsOf({ admin: [tcp('127.0.0.1')], adminToken })).toEqual([
    `admin token: every user of this machine can read ${adminToken}: type chmod 600 ${adminToken}`,
  ]);
});

test('a client whose code cannot be loaded does not hold up the end', async () => {
  jest.doMock('./http-server.ts', () => {
    throw new Error('upgraded');
  });
  const admin = new Admin(view, log as never);
  const file = path.join(directory, 'admin');
  const admins = [{ kind: 'unix', path: file } as const];
  await admin.bind({ admin: admins, agent: [], bind: [], adminToken: undefined }, { mode: 0o600 }, undefined);
  admin.begin();
  await once(net.connect(file).resume(), 'close');
  expect(lines.at(-1)).toMatchObject({ level: 'error', text: expect.stringContaining('upgraded') });
  admin.handOver([]);
  await admin.close();
});

test('an address that this machine does not have: the cure names the port that was asked for', () => {
  const address = { kind: 'tcp', host: '192.0.2.7', port: 9464 } as const;
  expect(bindError('admin', address, 'EADDRNOTAVAIL')).toMatchObject({
    message: 'admin: cannot bind 192.0.2.7:9464: EADDRNOTAVAIL',
    fix: 'choose an address of this machine, for instance 127.0.0.1:9464',
  });
});
