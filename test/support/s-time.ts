/** Full TLS handshakes of OpenSSL's own client, which cost less than those of Node: for load. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface Load {
  readonly handshakes: number;
  readonly failures: readonly string[];
}

/** Resolves after so many seconds. Each process shakes hands one time after the other, and ends with the first that fails. */
export async function handshakeLoad(port: number, seconds: number, processes: number): Promise<Load> {
  const args = ['s_time', '-new', '-connect', `127.0.0.1:${port}`, '-time', String(seconds)];
  const all = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, errors, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      const count = Number(/^(\d+) connections in \d+ real seconds/m.exec(out)?.[1] ?? 0);
      return {
        count,
        failure: code === 0 && count > 0 ? [] : [`exit code ${code} ${out.slice(-200)}${errors}`],
      };
    }),
  );
  return {
    handshakes: all.reduce((sum, { count }) => sum + count, 0),
    failures: all.flatMap(({ failure }) => failure),
  };
}
