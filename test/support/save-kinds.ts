/** An app under development, and ten kinds of saves: what each leaves on the disk, and what is to be served after it. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, type ServerOptions } from './server.ts';

/** The answer of `/`. */
export interface State {
  text: string;
  /** From the config file. */
  config: string;
  /** From the environment file. */
  env: string;
  /** Number of views that were there at the start of the worker. */
  views: number;
}

/** The text of a version is in a module of its own, as in an app of several files. */
const APP = `
import fs from 'node:fs';
import http from 'node:http';
import { survive } from 'tshorn/ws';
import { WebSocketServer } from 'ws';
import { text } from './text.mjs';

const views = fs.readdirSync('views').length;
const { FROM_CONFIG: config, FROM_ENV: env } = process.env;
const body = JSON.stringify({ text, config, env, views });
const server = http.createServer((request, response) => response.end(body));
const wss = new WebSocketServer({ server });
survive(wss);
wss.on('connection', (ws) => ws.on('message', (data) => ws.send(String(data))));
server.listen(0);
`;

export class Project {
  readonly #directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-saves-')));
  readonly #bulk: number;
  readonly state: State = { text: '0', config: '0', env: '0', views: 1 };
  /** The version on the disk does not load. */
  isBroken = false;
  #count = 0;
  #views = 1;
  #releases = 0;

  /** @param bulk number of files that change at once, as with `git checkout` */
  constructor(bulk: number) {
    this.#bulk = bulk;
    // The packages that the app imports.
    fs.symlinkSync(path.join(root, 'node_modules'), this.#file('node_modules'));
    this.write('views/0.html', '').write('package.json', '{}');
    this.deploy().config().env();
  }

  get options(): ServerOptions {
    const args = [
      '--watch',
      '--bind',
      '127.0.0.1:0',
      '--environment-file',
      '.env',
      '--watch-path',
      'views/**',
      // What has not moved after half of it is closed.
      '--grace',
      '20s',
    ];
    return { cwd: this.#directory, args };
  }

  #file(name: string): string {
    return path.join(this.#directory, name);
  }

  write(name: string, text: string): this {
    fs.mkdirSync(path.dirname(this.#file(name)), { recursive: true });
    fs.writeFileSync(this.#file(name), text);
    return this;
  }

  /** The next version, as source. */
  next(): string {
    this.state.text = String(++this.#count);
    this.isBroken = false;
    return `export const text = '${this.#count}';\n`;
  }

  rename(text: string): void {
    this.write('current/text.mjs.tmp', text);
    fs.renameSync(this.#file('current/text.mjs.tmp'), this.#file('current/text.mjs'));
  }

  /** Never the same text twice: that would be no change. */
  break(text: string): void {
    this.isBroken = true;
    this.write('current/text.mjs', `// ${++this.#count}\n${text}`);
  }

  config(): this {
    this.state.config = String(++this.#count);
    const config = { env: { FROM_CONFIG: this.state.config } };
    return this.write('tshorn.config.json', JSON.stringify(config));
  }

  env(): this {
    this.state.env = String(++this.#count);
    return this.write('.env', `FROM_ENV=${this.state.env}\n`);
  }

  view(): void {
    this.state.views++;
    this.write(`views/${this.#views++}.html`, '');
  }

  many(): void {
    for (let at = 0; at < this.#bulk; at++) this.write(`views/many/${at}.html`, String(this.#count));
    // The directory counts as one view.
    if (!this.#hasMany) this.state.views++;
    this.#hasMany = true;
    this.write('current/text.mjs', this.next());
  }
  #hasMany = false;

  /** A new release directory, and the link that is started points there. */
  deploy(): this {
    const release = `releases/${++this.#releases}`;
    this.write(`${release}/app.mjs`, APP).write(`${release}/text.mjs`, this.next());
    fs.symlinkSync(release, this.#file('next'));
    fs.renameSync(this.#file('next'), this.#file('current'));
    return this;
  }

  touch(): void {
    const now = new Date();
    fs.utimesSync(this.#file('current/text.mjs'), now, now);
  }

  remove(): void {
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }
}

export interface SaveKind {
  readonly name: string;
  /** False: nothing is to happen. */
  readonly changes: boolean;
  readonly save: (project: Project) => void;
}

const kind = (name: string, save: SaveKind['save'], changes = true): SaveKind => ({ name, changes, save });

export const KINDS: readonly SaveKind[] = [
  kind('good', (project) => project.write('current/text.mjs', project.next())),
  kind('does not parse', (project) => project.break('export const text = ;\n')),
  kind('throws', (project) => project.break('throw new Error("broken");\nexport const text = 1;\n')),
  kind('renamed', (project) => project.rename(project.next())),
  kind('many files', (project) => project.many()),
  kind('config file', (project) => project.config()),
  kind('environment file', (project) => project.env()),
  kind('new file', (project) => project.view()),
  kind('link', (project) => project.deploy()),
  kind('touch', (project) => project.touch(), false),
];
