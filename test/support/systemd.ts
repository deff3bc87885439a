/** Does what systemd does for a service that it starts. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { ServerOptions } from './server.ts';

interface Handle {
  readonly fd: number;
  close(): void;
  getsockname(out: { port?: number }): void;
}

const create = (net as unknown as { _createServerHandle(...args: unknown[]): Handle })._createServerHandle;
const held: Handle[] = [];

/** A socket that the test holds, as systemd does: it outlives the server. */
export function tcpSocket(): { fd: number; port: number } {
  const handle = create('127.0.0.1', 0, 4);
  held.push(handle);
  const name: { port?: number } = {};
  handle.getsockname(name);
  return { fd: handle.fd, port: name.port as number };
}

export function unixSocket(file: string): { fd: number } {
  const handle = create(file, -1, -1);
  held.push(handle);
  return { fd: handle.fd };
}

/** Closes every socket that a test has left open. */
export function closeSockets(): void {
  for (const handle of held.splice(0)) handle.close();
}

/** LISTEN_PID has to be the pid of the server: the shell exports its own and then becomes the server. */
export const activated = (
  fds: readonly number[],
  names?: string,
): Pick<ServerOptions, 'fds' | 'through'> => ({
  fds,
  through: (command) => [
    'sh',
    '-c',
    `export LISTEN_PID=$$ LISTEN_FDS=${fds.length} ${names === undefined ? '' : `LISTEN_FDNAMES=${names}`}; exec "$@"`,
    'sh',
    ...command,
  ],
});

const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** Skips a test on a machine that lacks these programs; its name says so. */
export function needing(...programs: string[]): (name: string, body: () => Promise<void>) => void {
  const given = programs.every(has) ? test : test.skip;
  return (name, body) => given(`${name} (needs ${programs.join(' and ')})`, body);
}

/** Puts a `systemd-notify` into `directory` that records each call. Returns a function that reads the record. */
export function recordNotifications(directory: string): () => string[][] {
  const record = path.join(directory, 'record');
  const script = [
    '#!/bin/sh',
    // Opened for each piece, so that two at once would show.
    `echo "begin $NOTIFY_SOCKET" >> "${record}"`,
    `for each in "$@"; do echo "  $each" >> "${record}"; done`,
    `echo end >> "${record}"`,
    '',
  ].join('\n');
  fs.writeFileSync(path.join(directory, 'systemd-notify'), script, { mode: 0o755 });
  return () => {
    const calls: string[][] = [];
    const lines = fs.existsSync(record) ? fs.readFileSync(record, 'utf8').trimEnd().split('\n') : [];
    let open = false;
    for (const line of lines.filter(Boolean)) {
      if (line.startsWith('begin ')) {
        if (open) throw new Error('two notifications at once');
        open = true;
        calls.push([]);
      } else if (line === 'end') open = false;
      else calls.at(-1)?.push(line.trim());
    }
    return calls;
  };
}
