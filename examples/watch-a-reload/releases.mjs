/** Deploys a release: here it is an environment file that each reload reads, elsewhere a directory or an image. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export class Releases {
  /** True: the release that the next reload finds is a bad one. */
  isBad = false;
  #directory = mkdtempSync(path.join(tmpdir(), 'tshorn-releases-'));
  file = path.join(this.#directory, 'release.env');

  constructor() {
    this.deploy({ isBad: false });
  }

  deploy({ isBad }) {
    this.isBad = isBad;
    // The app takes a second to start, unless the environment says otherwise.
    writeFileSync(this.file, `START_MS=1000\n${isBad ? 'STATUS_ERROR=no connection to the database\n' : ''}`);
  }

  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
