/** A directory for each test. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endServers } from './server.ts';

/** Path of the directory of the test that runs, without symbolic links. */
export let directory: string;

/** Gives each test of the file a `directory`, which is removed when the servers of that test have ended. */
export function ownDirectory(): void {
  beforeEach(() => {
    directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  });
  afterEach(async () => {
    await endServers();
    fs.rmSync(directory, { recursive: true, force: true });
  });
}
