/** Asks the requests of a package, and compares the answers of node and tshorn. */
import http from 'node:http';
import type { RealPackage, RealRequest } from './real-package.ts';

export interface RealAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export const requestsOf = ({ requests }: RealPackage): RealRequest[] =>
  requests.map((one) => (typeof one === 'string' ? { path: one } : one));

/** Asks on a connection of its own, which stays open as with any other client until the answer is read. */
export function answer(
  port: number,
  { path, method = 'GET', headers, body }: RealRequest,
): Promise<RealAnswer> {
  const agent = new http.Agent({ keepAlive: true });
  return new Promise<RealAnswer>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, agent, timeout: 10_000 };
    const request = http.request(options, async (response) => {
      try {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part as Buffer);
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(parts).toString('latin1') });
      } catch (error) {
        reject(error);
      }
    });
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path} within 10 s`)));
    request.on('error', reject).end(body);
  }).finally(() => agent.destroy());
}

/** True when every request is answered with its status. */
export async function serves(one: RealPackage, port: number): Promise<boolean> {
  for (const request of requestsOf(one)) {
    if ((await answer(port, request)).status !== (request.status ?? 200)) return false;
  }
  return true;
}

/** Asks everything twice: what differs between two answers of one process is random. */
export async function askTwice(one: RealPackage, port: number): Promise<RealAnswer[][]> {
  const all: RealAnswer[][] = [];
  for (const request of requestsOf(one)) all.push([await answer(port, request), await answer(port, request)]);
  return all;
}

/** Returns a line for each difference between the answers of node and those of tshorn. */
export function differences(one: RealPackage, node: RealAnswer[][], tshorn: RealAnswer[][]): string[] {
  return requestsOf(one).flatMap(({ path }, at) => {
    const [first, second] = node[at] as [RealAnswer, RealAnswer];
    return (tshorn[at] as RealAnswer[]).flatMap((given) => compare(one, path, first, second, given));
  });
}

function compare(
  { varies: { headers = [], body } = {} }: RealPackage,
  path: string,
  first: RealAnswer,
  second: RealAnswer,
  given: RealAnswer,
): string[] {
  const found: string[] = [];
  if (first.status !== given.status) found.push(`${path}: status ${first.status} / ${given.status}`);
  for (const name of new Set([...Object.keys(first.headers), ...Object.keys(given.headers)])) {
    const [a, b, c] = [first, second, given].map((one) => String(one.headers[name] ?? ''));
    // The timeout of idle connections is an option of tshorn, longer than that of node by default.
    if (name === 'date' || (name === 'keep-alive' && a && c) || headers.includes(name)) continue;
    const random = a !== b && c !== '';
    if (!random && a !== c) found.push(`${path}: ${name}: ${a} / ${c}`);
  }
  const [a, b, c] = [first, second, given].map((one) => (body ? one.body.replace(body, '') : one.body));
  if (a === b && a !== c) found.push(`${path}: body ${a?.slice(0, 200)} / ${c?.slice(0, 200)}`);
  return found;
}
