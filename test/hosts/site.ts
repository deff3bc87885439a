/** Three hosts with a tshorn each, a host with HAProxy before them, and a host with the clients. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from '../support/control.ts';
import { HAProxy } from '../support/haproxy.ts';
import type { Network } from '../support/network.ts';
import { cli, fixture, root, startServer, type TestServer } from '../support/server.ts';
import { Clients, type Sizes } from './clients.ts';

/** The addresses of examples/hosts/haproxy. */
export const HOSTS = { web1: '10.0.0.11', web2: '10.0.0.12', web3: '10.0.0.13' } as const;
export type Host = keyof typeof HOSTS;
export const NAMES = Object.keys(HOSTS) as Host[];
const BALANCER = '10.0.0.2';

export class Site {
  readonly servers = new Map<Host, TestServer>();
  readonly #network: Network;
  readonly #directory: string;
  readonly #workers: number;
  readonly #options: readonly string[];

  constructor(network: Network, directory: string, workers: number, options: readonly string[]) {
    this.#network = network;
    this.#directory = directory;
    this.#workers = workers;
    this.#options = options;
    network.host('balancer', BALANCER);
    network.host('clients', '10.0.0.3');
    for (const [name, address] of Object.entries(HOSTS)) network.host(name, address);
    fs.writeFileSync(this.#file('on'), this.#remoteShell(), { mode: 0o755 });
  }

  #file = (...names: string[]): string => path.join(this.#directory, ...names);

  /** What ssh is to the script: each host has a directory of its own. */
  #remoteShell(): string {
    const there = this.#network.on('$1', []).join(' ');
    return `#!/bin/sh
      cd "${this.#directory}/$1" || exit 255
      run="${there}"
      shift
      TSHORN_CONTROL=./control exec $run $*`;
  }

  /** Lays a release onto every host; on those of `bad` it fails its probe. */
  lay(release: string, bad: readonly Host[] = []): void {
    for (const name of NAMES) {
      fs.mkdirSync(this.#file(name, 'releases', release), { recursive: true });
      const source = `import { serve } from ${JSON.stringify(fixture('serves-hosts.mjs'))};
        export default serve('${release}', ${bad.includes(name)});`;
      fs.writeFileSync(this.#file(name, 'releases', release, 'app.mjs'), source);
    }
  }

  async start(name: Host): Promise<void> {
    const link = this.#file(name, 'current');
    if (!fs.existsSync(link)) fs.symlinkSync('releases/v1', link);
    const server = await startServer('current/app.mjs', {
      workers: this.#workers,
      bind: ':8000',
      cwd: this.#file(name),
      env: { HOST_NAME: name, ARRIVALS: this.#file(name, 'arrivals') },
      args: [
        ...['--control', this.#file(name, 'control'), '--admin', ':9464', '--agent', ':9465'],
        ...this.#options,
      ],
      through: (command) => this.#network.on(name, command),
    });
    this.servers.set(name, server);
  }

  /** Numbers of the requests that the app on this host has seen. */
  arrivals(name: Host): Set<number> {
    return new Set(fs.readFileSync(this.#file(name, 'arrivals'), 'utf8').split('\n').map(Number));
  }

  server(name: Host): TestServer {
    return this.servers.get(name) as TestServer;
  }

  /** Starts HAProxy by a configuration of the examples. Only what belongs to the machine is changed. */
  balancer(example: string): Promise<HAProxy> {
    const stats = this.#file('stats');
    let text = fs.readFileSync(path.join(root, 'examples/hosts/haproxy', example), 'utf8');
    for (const [from, to] of [
      ['/run/haproxy/admin.sock', stats],
      ['log /dev/log local0', 'log stdout format raw local0'],
    ] as const) {
      if (!text.includes(from)) throw new Error(`${example} has no ${from}`);
      text = text.replace(from, to);
    }
    fs.writeFileSync(this.#file(example), text);
    return HAProxy.run(this.#file(example), stats, (command) => this.#network.on('balancer', command));
  }

  /** Starts nginx by the configuration of the examples; only its log is not that of the machine. */
  nginx(): ChildProcess {
    const file = this.#file('nginx.conf');
    const text = fs.readFileSync(path.join(root, 'examples/hosts/nginx/nginx.conf'), 'utf8');
    fs.writeFileSync(file, text.replace('http {', 'http { access_log off;'));
    const more = `daemon off; pid ${this.#file('nginx.pid')}; error_log stderr;`;
    const command = ['nginx', '-c', file, '-p', this.#directory, '-e', 'stderr', '-g', more];
    const [program = '', ...args] = this.#network.on('balancer', command);
    return spawn(program, args, { stdio: 'ignore' });
  }

  clients(sizes: Sizes): Clients {
    return new Clients(`${BALANCER}:80`, sizes, (command) => this.#network.on('clients', command));
  }

  /** Runs examples/hosts/rolling-release.sh over all hosts. Resolves with its exit code and output. */
  async release(name: string): Promise<{ code: number; text: string }> {
    const env = {
      ...{ ...process.env, ON: this.#file('on'), TSHORN: `${process.execPath} ${cli}` },
      ...{ LINK: 'current', RELEASE: `releases/${name}` },
    };
    const script = path.join(root, 'examples/hosts/rolling-release.sh');
    const {
      code = 0,
      stdout,
      stderr,
    } = await promisify(execFile)(script, NAMES, { env }).catch((error) => error);
    return { code, text: `${stdout}${stderr}` };
  }

  /** Runs a command of tshorn on the host. */
  async tshorn(name: Host, ...args: string[]): Promise<void> {
    const { code, errors } = await new Command([...args, '--control', this.#file(name, 'control')], {}).ended;
    if (code !== 0) throw new Error(`tshorn ${args.join(' ')} on ${name}: ${errors}`);
  }
}
