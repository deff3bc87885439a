/** Clients of a control socket: plain HTTP, and `tshorn` as a command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { cli, type TestServer } from './server.ts';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The lines of the body, each of them JSON. */
  readonly lines: Record<string, unknown>[];
}

/** Resolves with the path of the server's control socket when the log has it. */
export const socketOf = async (server: TestServer): Promise<string> =>
  (await server.event('control')).path as string;

export function request(socketPath: string, method: string, path: string, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = http.request({ socketPath, method, path, agent: false }, async (response) => {
      const read = await text(response);
      const lines = read.split('\n').filter(Boolean);
      resolve({
        status: response.statusCode as number,
        type: response.headers['content-type'] as string,
        text: read,
        lines: lines.map((line) => JSON.parse(line)),
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** A `tshorn` command that runs. */
export class Command {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when it has printed its first line. */
  readonly speaks: Promise<unknown>;

  constructor(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    const child = spawn(process.execPath, [cli, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    this.speaks = once(child.stdout, 'data');
    this.ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
      ([out, errors]) => ({ code: child.exitCode, out, errors }),
    );
  }
}
