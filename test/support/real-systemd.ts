/** A systemd of its own, with pid 1 in namespaces: for tests that are run by root on Linux. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.ts';

/** Where the unified hierarchy of control groups is, which systemd needs to name its services. */
const CGROUP = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((directory) =>
  fs.existsSync(path.join(directory, 'cgroup.procs')),
);

const isThere = (file: string): boolean => fs.existsSync(file);

const NAMESPACES = ['--mount', '--pid', '--cgroup', '--uts', '--ipc', '--fork', '--kill-child'];

/** Root of a container may be root in name alone. */
const canUnshare = (): boolean => spawnSync('unshare', [...NAMESPACES, 'true']).status === 0;

/** False where it cannot be started: no root, no systemd, no namespaces, or not Linux. */
export const canBoot: boolean =
  process.geteuid?.() === 0 &&
  CGROUP !== undefined &&
  ['/lib/systemd/systemd', '/usr/bin/unshare', '/usr/bin/nsenter', '/usr/bin/dbus-daemon'].every(isThere) &&
  canUnshare();

export interface Result {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly text: string;
}

/** A directory with the unpacked packages `systemd`, `libsystemd0` and `libsystemd-shared` of another version. */
const OTHER = process.env.TSHORN_TEST_SYSTEMD;

export class RealSystemd {
  readonly #directory: string;
  readonly #cgroup: string;
  readonly #unshare: ChildProcess;
  #init = 0;

  /** @param shared a directory that is seen inside under the same path; everything else is a copy */
  constructor(shared: string) {
    const at = fs.mkdtempSync('/tmp/tshorn-systemd-');
    this.#directory = at;
    this.#cgroup = path.join(CGROUP as string, path.basename(at));
    fs.mkdirSync(this.#cgroup);
    const script = path.join(__dirname, 'boot-systemd.sh');
    // The group comes first: the namespace of groups begins where the process is.
    const line = 'echo $$ > "$1/cgroup.procs"; shift; exec unshare "$@"';
    this.#unshare = spawn(
      'sh',
      ['-c', line, 'sh', this.#cgroup, ...NAMESPACES, 'sh', script, at, shared, ...(OTHER ? [OTHER] : [])],
      {
        stdio: 'ignore',
      },
    );
  }

  /** Resolves when systemd is up. */
  async booted(): Promise<void> {
    const children = `/proc/${this.#unshare.pid}/task/${this.#unshare.pid}/children`;
    for (let attempt = 0; attempt < 100; attempt++) {
      this.#init = Number(fs.readFileSync(children, 'utf8').trim().split(' ')[0]);
      if (this.#init > 0 && (await this.run('systemctl', 'is-system-running')).text.trim() === 'running')
        return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('systemd did not come up');
  }

  /** Runs a command inside, as root in `/`. */
  async run(...command: readonly string[]): Promise<Result> {
    const enter = ['-t', String(this.#init), '-m', '-p', '-u', '-i', '-C'];
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
    const child = spawn('nsenter', [...enter, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code: code as number | null, text: `${out}${errors}` };
  }

  /** Ends it with everything in it. */
  async end(): Promise<void> {
    if (this.#init > 0) process.kill(this.#init, 'SIGKILL');
    else this.#unshare.kill('SIGKILL');
    await eventually('its groups are empty', () => {
      try {
        removeGroup(this.#cgroup);
        return true;
      } catch {
        return false;
      }
    });
    fs.rmdirSync(this.#directory);
  }
}

/** A group is removed after those in it. */
function removeGroup(directory: string): void {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(path.join(directory, entry.name));
  }
  fs.rmdirSync(directory);
}
