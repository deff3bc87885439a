/** A directory of releases with a link `current`, as a deploy tool makes it. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fixture } from './server.ts';

export class Releases {
  readonly directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  #count = 0;

  /** Path of a file in the directory. */
  file(name: string): string {
    return path.join(this.directory, name);
  }

  get app(): string {
    return this.file('current/app.mjs');
  }

  /** Deploys a release that runs `before` and then serves the mixed load. */
  deploy(before = ''): this {
    const release = this.file(`releases/${++this.#count}`);
    fs.mkdirSync(release, { recursive: true });
    const source = `${before}\nexport { default } from ${JSON.stringify(fixture('mixed.mjs'))};\n`;
    fs.writeFileSync(path.join(release, 'app.mjs'), source);
    return this.link('current', release);
  }

  /** Replaces the link atomically: it is never missing. */
  link(name: string, to: string): this {
    fs.symlinkSync(to, this.file(`${name}.next`));
    fs.renameSync(this.file(`${name}.next`), this.file(name));
    return this;
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Source of an app that is not ready before the file exists. */
export const waitsFor = (file: string): string => `
  import { existsSync } from 'node:fs';
  while (!existsSync(${JSON.stringify(file)})) await new Promise((resolve) => setTimeout(resolve, 20));
`;
