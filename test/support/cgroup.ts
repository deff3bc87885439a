/** A control group of a test's own, with a limit that it can change. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';

export class ControlGroup {
  readonly path: string;
  /** 1 where the controller has a hierarchy of its own. */
  readonly version: 1 | 2;

  private constructor(controller: 'cpu' | 'memory') {
    this.version = existsSync(`${ROOT}/${controller}/cgroup.procs`) ? 1 : 2;
    this.path = `${ROOT}/${this.version === 1 ? `${controller}/` : ''}tshorn-test-${process.pid}`;
  }

  /** Undefined where this user may not make one, or the kernel limits nothing in it. */
  static withMemory(bytes: number): ControlGroup | undefined {
    return ControlGroup.#make('memory', (group) => group.limitMemory(bytes));
  }

  /** Undefined where this user may not make one, or the kernel limits nothing in it. */
  static withCpus(cpus: number): ControlGroup | undefined {
    return ControlGroup.#make('cpu', (group) => group.limitCpus(cpus));
  }

  static #make(controller: 'cpu' | 'memory', limit: (group: ControlGroup) => void): ControlGroup | undefined {
    const group = new ControlGroup(controller);
    try {
      mkdirSync(group.path);
    } catch {
      return undefined;
    }
    try {
      limit(group);
      return group;
    } catch {
      group.remove();
      return undefined;
    }
  }

  limitMemory(bytes: number): void {
    this.#write(this.version === 1 ? 'memory.limit_in_bytes' : 'memory.max', String(bytes));
  }

  /** Bytes that it holds, without the pages of files, which the kernel takes back. */
  get usedMemory(): number {
    const used = Number(this.read(this.version === 1 ? 'memory.usage_in_bytes' : 'memory.current'));
    const files = this.read('memory.stat').matchAll(/^(?:total_)?(?:in)?active_file (\d+)$/gm);
    const sums = [...files].filter(([line]) => this.version === 2 || line.startsWith('total_'));
    return sums.reduce((left, [, bytes]) => left - Number(bytes), used);
  }

  limitCpus(cpus: number): void {
    const quota = Math.round(cpus * 100_000);
    if (this.version === 1) this.#write('cpu.cfs_quota_us', String(quota));
    else this.#write('cpu.max', `${quota} 100000`);
  }

  read(file: string): string {
    return readFileSync(`${this.path}/${file}`, 'utf8');
  }

  // It creates no file: the kernel has those of the controllers that are on.
  #write(file: string, text: string): void {
    writeFileSync(`${this.path}/${file}`, text, { flag: 'r+' });
  }

  /** Turns a command into one that runs in the group. */
  readonly through = (command: readonly string[]): string[] => [
    ...['sh', '-c', `echo $$ > ${this.path}/cgroup.procs; exec "$@"`, 'sh'],
    ...command,
  ];

  /** After the last of its processes has ended. */
  remove(): void {
    rmdirSync(this.path);
  }
}
