/**
 * `/`: the page (packages/page), one file that the build has made. It is read each time that a browser asks for it, so that
 * the master does not hold it.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { takesGzip } from './gzip.ts';

/** The Content-Security-Policy of the page, with the hashes of its script and style: made by scripts/page.mjs. */
declare const PAGE_POLICY: string;

/** Beside this file in the bundle. */
const FILE = new URL('./page.html.gz', import.meta.url);

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export async function sendPage({ request, response }: Call): Promise<void> {
  const file = await readFile(FILE);
  const isZipped = takesGzip(request);
  const body = isZipped ? file : await promisify(gunzip)(file);
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
      vary: 'accept-encoding',
      ...(isZipped && { 'content-encoding': 'gzip' }),
      'content-security-policy': PAGE_POLICY,
    })
    .end(body);
}
