/**
 * The old master's side of a re-exec: the new master as a process. The other side is predecessor.ts.
 *
 * Both masters' workers accept from the same sockets while one follows the other, so that no connection is refused.
 * The old master gives up nothing until the new one says that it is active: whatever fails before that leaves
 * the old one where it was. This file is loaded at the start: after an upgrade its old version is gone.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { describeThrown, SequenceSender } from '@tshorn/core';
import type { StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { Listener } from '../listeners.ts';
import type { Party } from '../traffic.ts';
import { type Command, find } from './command.ts';
import { bequeath, VARIABLE } from './inheritance.ts';
import { type ToPredecessor, type ToSuccessor, unwrap, wrap } from './messages.ts';

/** The old master, as this end of the line needs it. Durations are milliseconds. */
export interface Incumbent {
  readonly command: Command;
  readonly env: NodeJS.ProcessEnv;
  readonly listeners: readonly Listener[];
  readonly bootTimeout: number;
  readonly grace: number;
  tell(notice: Notice): void;
  /** The new master is active, and listens on these. */
  yield(kept: readonly string[], pid: number, takes: boolean): void;
  /** What became of a connection that it was given. */
  took(id: number): void;
  declined(id: number, reason: string): void;
  /** It may have taken the PID file and the control socket before it died. */
  reclaim(): Promise<void>;
}

/** Beyond what its boot may take: the start of a process, reading a config, a hook. */
const MARGIN_MS = 10_000;
/** Two files and a socket. */
const TAKE_CHARGE_MS = 10_000;
/** How long the last messages of a process that has ended may take to be read. */
const LAST_WORDS_MS = 1_000;

export class Successor {
  readonly #incumbent: Incumbent;
  #process: ChildProcess | undefined;
  /** Resolves when there is one master again: the new one active, or its process gone. */
  readonly ended: Promise<void>;
  #end = () => {};
  #state: 'booting' | 'taking' | 'leaving' | 'in-charge' | 'gone' = 'booting';
  #reason: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #program = '';
  /** Connections on their way to it, by number. */
  readonly #given = new Set<number>();
  readonly #taking = new SequenceSender((upTo) => this.#send({ type: 'sent', upTo }));
  /** An older tshorn would take a connection with a state for idle HTTP. */
  #continues = false;
  /** Whether it was told to take charge, and may have done so in part. */
  #offered = false;

  constructor(incumbent: Incumbent) {
    this.#incumbent = incumbent;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin(by: string): void {
    const { command, env, bootTimeout } = this.#incumbent;
    const found = find(command, env.PATH);
    if ('reason' in found) return this.#fail(found.reason);
    this.#program = found.program;
    try {
      this.#process = this.#spawn();
    } catch (error) {
      return this.#fail(describeThrown(error));
    }
    const { pid } = this.#process;
    if (pid !== undefined) {
      const text = `re-exec by ${by}: the new master is pid ${pid}`;
      this.#incumbent.tell({ event: 're-exec-started', level: 'info', text, pid });
    }
    this.#waitFor(bootTimeout);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The service ends: so does the new master. Said again, it goes faster. */
  standDown(mode: StopMode, reason: string): void {
    if (this.#state === 'in-charge' || this.#state === 'gone') return;
    this.#reason ??= reason;
    this.#leave(mode);
  }

  #spawn(): ChildProcess {
    const { command, env, listeners } = this.#incumbent;
    const { variable, fds } = bequeath(listeners);
    const child = spawn(this.#program, [...command.flags, command.script, ...command.args], {
      // By the same name: the next re-exec looks it up again.
      argv0: command.program,
      cwd: command.cwd,
      // What the kernel calls the directory is the old release; its name may lead to the new one.
      // The watchdog of systemd waits for the one active, whoever that is.
      env: { ...env, PWD: command.cwd, WATCHDOG_PID: undefined, [VARIABLE]: variable },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...fds],
    });
    child.on('message', (value) => {
      const message = unwrap<ToPredecessor>(value);
      if (message) this.#learn(message);
    });
    // `error` comes when it cannot be started or a message cannot be sent; `exit` tells the rest.
    child.on('error', (error) => {
      if (child.pid === undefined) this.#fail(describeThrown(error));
    });
    child.once('disconnect', () => this.#loseGiven());
    child.once('exit', (code, signal) => void this.#exited(child, code, signal));
    return child;
  }

  /** The new master as one that takes connections, once it is active. */
  get taker(): Party | undefined {
    if (this.#state !== 'in-charge' || !this.#process?.connected) return undefined;
    return {
      patient: true,
      pid: this.pid,
      give: () => {},
      take: (connection, resumer) => {
        const id = this.#taking.next();
        if (resumer !== undefined && !this.#continues) {
          setImmediate(() => this.#incumbent.declined(id, 'no-resumer'));
          return id;
        }
        this.#given.add(id);
        this.#send({ type: 'take', id, ...(resumer !== undefined && { resumer }) }, connection);
        return id;
      },
      state: (id, text) => this.#send({ type: 'state', id, ...(text !== undefined && { text }) }),
      handedOver: () => {},
      keep: () => {},
    };
  }

  /**
   * The new master is gone, and one of its workers, which live on for a moment, may have each of these: read here
   * as well, a connection would have two owners.
   */
  #loseGiven(): void {
    for (const id of this.#given) this.#incumbent.took(id);
    this.#given.clear();
  }

  #learn(message: ToPredecessor): void {
    switch (message.type) {
      case 'hello':
        // Its config may give it more time than this one's.
        if (this.#state === 'booting') this.#waitFor(message.bootTimeout);
        return;
      case 'ready':
        if (this.#state !== 'booting') return;
        this.#state = 'taking';
        this.#offered = true;
        this.#send({ type: 'take-charge' });
        return this.#within(TAKE_CHARGE_MS, 'it did not take charge');
      case 'in-charge':
        this.#continues = message.continues === true;
        return this.#handOver(message.kept, message.takes === true);
      case 'took':
        if (this.#given.delete(message.id)) this.#incumbent.took(message.id);
        return;
      case 'declined':
        if (this.#given.delete(message.id)) this.#incumbent.declined(message.id, message.reason);
        return;
      case 'failed':
        this.#reason ??= message.reason;
        // By itself, and gracefully: some of its workers may serve.
        if (this.#state !== 'gone') this.#leave(undefined);
    }
  }

  #handOver(kept: readonly string[], takes: boolean): void {
    // One that is dead is active of nothing; one that was told to leave does so.
    if (this.#state !== 'taking' || !this.#process?.pid) return;
    this.#state = 'in-charge';
    clearTimeout(this.#timer);
    const { pid } = this.#process;
    const text = `re-exec done: master pid ${pid} is active, this one drains`;
    this.#incumbent.tell({ event: 're-exec-finished', level: 'info', outcome: 'committed', text, pid });
    this.#incumbent.yield(kept, pid, takes);
    this.#end();
  }

  #waitFor(bootTimeout: number): void {
    const seconds = (bootTimeout + MARGIN_MS) / 1_000;
    this.#within(
      bootTimeout + MARGIN_MS,
      `it was not ready within ${seconds} s (--boot-timeout and 10 s more)`,
    );
  }

  #within(ms: number, otherwise: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#reason ??= otherwise;
      this.#leave('graceful');
    }, ms);
  }

  /** Its workers may have taken connections: they finish as at any stop. */
  #leave(mode: StopMode | undefined): void {
    if (this.#state === 'taking' || this.#state === 'booting') {
      // Before it removes what it has, and once more when it is gone.
      if (this.#offered) void this.#incumbent.reclaim();
      this.#state = 'leaving';
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#process?.kill('SIGKILL'), this.#incumbent.grace + MARGIN_MS);
    }
    if (mode) this.#send({ type: 'stand-down', mode, reason: this.#reason ?? 'it is not wanted any more' });
  }

  async #exited(child: ChildProcess, code: number | null, signal: string | null): Promise<void> {
    // The kernel tells of the exit before the last message is read, and that is the reason.
    if (child.connected) await settled(child);
    if (this.#state === 'in-charge') {
      this.#state = 'gone';
      // 'disconnect' does not come when it has died with a connection on its way to it.
      return this.#loseGiven();
    }
    this.#state = 'gone';
    clearTimeout(this.#timer);
    if (this.#offered) await this.#incumbent.reclaim();
    const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
    this.#fail(this.#reason ?? (await this.#askWhy(code)) ?? `it ${how}`);
  }

  /** What cannot even be loaded could not say why: it is asked for its version, and heard this time. */
  #askWhy(code: number | null): Promise<string | undefined> {
    if (code === null || code === 0) return Promise.resolve(undefined);
    const { command, env } = this.#incumbent;
    const words = [...command.flags, command.script, '--version'];
    return new Promise((resolve) => {
      execFile(this.#program, words, { cwd: command.cwd, env, timeout: MARGIN_MS }, (error, _out, told) => {
        const lines = told.trim().split('\n').slice(-10).join('\n');
        resolve(error && lines ? `it exited with code ${code}\n${lines}` : undefined);
      });
    });
  }

  #fail(reason: string): void {
    this.#state = 'gone';
    clearTimeout(this.#timer);
    const text = `re-exec failed, this master serves on: ${reason}`;
    const pid = this.#process?.pid;
    const notice = { event: 're-exec-finished', level: 'error', outcome: 'failed', text, reason } as const;
    this.#incumbent.tell({ ...notice, ...(pid !== undefined && { pid }) });
    this.#end();
  }

  #send(message: ToSuccessor, handle?: unknown): void {
    if (!this.#process?.connected) return;
    // keepOpen: a connection stays here until the other side says that it has it.
    this.#process.send(wrap(message), handle as never, { keepOpen: true }, () => {});
  }
}

const settled = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('disconnect', resolve);
    setTimeout(resolve, LAST_WORDS_MS);
  });
