/** Hosts as network namespaces: each has an address of its own, and a cable to one bridge that can be pulled out. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';

const PREFIX = 'tshorn-test-';
/** The namespace that has the bridge. */
const SWITCH = 'switch';

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

let networks = 0;

export class Network {
  readonly #namespaces = new Set<string>();
  /** Of this network alone: the guard of one that has been removed may still run. */
  readonly #prefix = `${PREFIX}${process.pid}-${++networks}-`;
  readonly #guard = guard(this.#prefix);

  constructor() {
    this.#make(SWITCH);
    ip('-n', this.#of(SWITCH), 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', this.#of(SWITCH), 'link', 'set', 'bridge', 'up');
  }

  #of = (name: string): string => this.#prefix + name;

  #make(name: string): void {
    ip('netns', 'add', this.#of(name));
    this.#namespaces.add(name);
    ip('-n', this.#of(name), 'link', 'set', 'lo', 'up');
  }

  /** @param name at most 12 characters: it is the name of an interface as well */
  host(name: string, address: string): void {
    this.#make(name);
    const [host, bridge] = [this.#of(name), this.#of(SWITCH)];
    ip(...['link', 'add', 'eth0', 'netns', host, 'type', 'veth', 'peer', 'name', name, 'netns', bridge]);
    ip('-n', bridge, 'link', 'set', name, 'master', 'bridge', 'up');
    ip('-n', host, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    ip('-n', host, 'link', 'set', 'eth0', 'up');
  }

  /** Turns a command into one that runs on this host, as the process of the same pid. */
  on = (name: string, command: readonly string[]): string[] => [
    ...['ip', 'netns', 'exec', this.#of(name)],
    ...command,
  ];

  /** True when something listens on the port of this host. */
  listens(name: string, port: number): boolean {
    return ip('netns', 'exec', this.#of(name), 'ss', '-Hltn', `sport = :${port}`) !== '';
  }

  /** Pulls the cable out: what is sent to this host, or by it, is lost, and nobody is told. */
  cut(name: string): void {
    ip('-n', this.#of(SWITCH), 'link', 'set', name, 'down');
  }

  join(name: string): void {
    ip('-n', this.#of(SWITCH), 'link', 'set', name, 'up');
  }

  /** Kills every process of this host at once, as the loss of its power does. */
  kill(name: string): void {
    for (const pid of pidsIn(this.#of(name))) killNow(pid);
  }

  remove(): void {
    for (const name of this.#namespaces) remove(this.#of(name));
    this.#namespaces.clear();
    this.#guard.stdin?.end();
  }
}

const pidsIn = (namespace: string): number[] =>
  ip('netns', 'pids', namespace).split('\n').filter(Boolean).map(Number);

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function remove(namespace: string): void {
  for (const pid of pidsIn(namespace)) killNow(pid);
  ip('netns', 'delete', namespace);
}

/**
 * A process that removes these namespaces, and ends what runs in them, when its input ends: so also when this process
 * is killed. It is in a group of its own, since Ctrl-C goes to the whole group of the test.
 */
function guard(prefix: string): ChildProcess {
  const script = `cat >/dev/null
    for each in $(ip netns list | grep -o '^${prefix}[a-z0-9]*'); do
      kill -KILL $(ip netns pids "$each"); ip netns delete "$each"
    done`;
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  return child;
}

/** The reason why this machine cannot have such a network; undefined where it can. */
export function whyNoNetwork(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'only root can make network namespaces';
  if (spawnSync('ip', ['-V']).error) return 'there is no `ip`: install iproute2';
  try {
    const network = new Network();
    network.host('probe', '10.0.0.1');
    network.remove();
  } catch (error) {
    return `network namespaces are not allowed here: ${String((error as { stderr?: string }).stderr).trim()}`;
  }
  return undefined;
}
