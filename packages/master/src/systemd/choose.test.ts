import { parseAddress } from '@tshorn/core';
import type { BoundHandle } from '../bound-handle.ts';
import type { ActivatedSocket } from './activation.ts';
import { choose, type Wanted } from './choose.ts';

const handle = {} as BoundHandle;
const web: ActivatedSocket = { fd: 3, name: 'web', address: { kind: 'tcp', host: '::', port: 80 }, handle };
const twin: ActivatedSocket = {
  fd: 4,
  name: 'web',
  address: { kind: 'tcp', host: '127.0.0.1', port: 81 },
  handle,
};
const local: ActivatedSocket = { fd: 5, name: 'local', address: { kind: 'unix', path: '/run/a' }, handle };
const stats: ActivatedSocket = {
  fd: 6,
  name: 'stats',
  address: { kind: 'systemd', name: 'stats' },
  problem: 'no stream socket',
};

const wanted = (...binds: string[]): Wanted[] =>
  binds.map((text) => {
    const bind = parseAddress(text);
    if (bind.kind !== 'tcp') return { bind, hosts: [] };
    return { bind, hosts: bind.host ? [bind.host] : ['::', '0.0.0.0'] };
  });

test('all are served where nobody has said where to listen', () => {
  expect(choose([web, twin, local], undefined)).toEqual({
    adopted: [web, twin, local],
    unused: [],
    bind: [],
  });
});

test('a name stands for every socket that has it', () => {
  expect(choose([web, twin, local], wanted('systemd:web'))).toEqual({
    adopted: [web, twin],
    unused: [local],
    bind: [],
  });
});

test('a plain address takes over the socket that is there, and is bound otherwise', () => {
  const { adopted, unused, bind } = choose(
    [web, twin, local],
    wanted(':80', '127.0.0.1:82', 'unix:/run/a', 'unix:/run/b'),
  );
  expect(adopted).toEqual([web, local]);
  expect(unused).toEqual([twin]);
  expect(bind).toEqual([
    { kind: 'tcp', host: '127.0.0.1', port: 82 },
    { kind: 'unix', path: '/run/b' },
  ]);
});

test('asked for twice, a socket is served once', () => {
  expect(choose([web], wanted('systemd:web', ':80')).adopted).toEqual([web]);
});

test('a socket that cannot be served is an error only where it is asked for', () => {
  expect(() => choose([web, stats], undefined)).toThrow(/stats \(fd 6\), which is no stream socket/);
  expect(choose([web, stats], wanted('systemd:web')).unused).toEqual([stats]);
});

test('a name that was not passed is an error that says what was', () => {
  expect(() => choose([web, local], wanted('systemd:api'))).toThrow(
    'bind: systemd:api: systemd has passed web (fd 3, [::]:80), local (fd 5, unix:/run/a)',
  );
});
