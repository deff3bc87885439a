/** Hosts as network namespaces: each has an address of its own, and a cable to one bridge that can be pulled out. */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';

const PREFIX = 'tshorn-test-';
/** The namespace that has the bridge. */
const SWITCH = 'switch';

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8', stdio: 'pipe' });

export class Network {
  readonly #namespaces = new Set<string>();

  constructor() {
    removeWhatIsLeft();
    this.#make(SWITCH);
    ip('-n', this.#of(SWITCH), 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', this.#of(SWITCH), 'link', 'set', 'bridge', 'up');
  }

  #of = (name: string): string => `${PREFIX}${process.pid}-${name}`;

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

/** Removes the namespaces of a test whose process was killed. */
function removeWhatIsLeft(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(line) ?? [];
    if (pid && !fs.existsSync(`/proc/${pid}`)) remove(line.split(' ')[0] as string);
  }
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
