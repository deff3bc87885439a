/** The same list of promises over TLS: the app cannot tell tshorn's from its own https.Server. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { authority } from '../support/certificates.ts';
import { startServer } from '../support/server.ts';
import { APPS_DIRECTORY } from './apps.ts';
import { speakTls } from './client.ts';
import { runConformance } from './list.ts';

const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-conformance-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));
const args = authority().issue().write(directory);
speakTls();

runConformance(
  async (app) => {
    const server = await startServer(app, { cwd: APPS_DIRECTORY, args });
    return { port: server.port, log: () => server.story, stop: () => server.end() };
  },
  ['express.mjs', 'hono.mjs'],
);
