/** A scrape of the metrics, over the control socket of a server. */
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { socketOf } from './control.ts';
import type { TestServer } from './server.ts';

/** The values by name and labels: `my_total{code="200"}`. */
export async function scrape(server: TestServer): Promise<Record<string, number>> {
  const socketPath = await socketOf(server);
  const body = await new Promise<string>((resolve, reject) => {
    http
      .get({ socketPath, path: '/metrics', agent: false }, (response) => text(response).then(resolve, reject))
      .once('error', reject);
  });
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.replace(/.* /, ''))]),
  );
}
