/** The files of an app under development, as an editor saves them: `/` answers what `text.mjs` exports. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ask } from './load.ts';
import type { LogLine, ServerOptions, TestServer } from './server.ts';
import { startServer } from './server.ts';

const APP = `
import { text } from './text.mjs';
const answers = { '/environment': () => JSON.stringify(process.env), '/crash': () => setImmediate(() => { throw new Error('crash'); }) };
export default (request, response) => response.end(answers[request.url]?.() ?? text);
`;

export class Saves {
  readonly directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-watch-')));

  constructor() {
    this.write('app.mjs', APP);
    this.text('first');
  }

  file(name: string): string {
    return path.join(this.directory, name);
  }

  write(name: string, source: string): this {
    fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
    fs.writeFileSync(this.file(name), source);
    return this;
  }

  /** Writes a new file, and then gives it the name of the old one. */
  rename(name: string, source: string): this {
    this.write(`${name}.new`, source);
    fs.renameSync(this.file(`${name}.new`), this.file(name));
    return this;
  }

  text(text: string): this {
    return this.write('text.mjs', textOf(text));
  }

  start(options: ServerOptions = {}, app = 'app.mjs'): Promise<TestServer> {
    return startServer(app, this.options(options));
  }

  options({ args = [], ...options }: ServerOptions = {}): ServerOptions {
    return { cwd: this.directory, args: ['--watch', '--soak', '0', ...args], ...options };
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

export const textOf = (text: string): string => `export const text = ${JSON.stringify(text)};\n`;

export const answerOf = async ({ port }: TestServer, url = '/'): Promise<string> =>
  (await ask({ port }, { path: url })).body;

/** Saves, and resolves with the verdict of the reload that this has caused. */
export async function afterSave(server: TestServer, save: () => void): Promise<LogLine> {
  const from = server.lines.length;
  save();
  // A reload under way may end for the save.
  return server.until('the verdict of the save', () =>
    server.of('reload-finished', from).find(({ outcome }) => outcome !== 'aborted'),
  );
}
