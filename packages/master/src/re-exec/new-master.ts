/**
 * The new master of a re-exec, as the old master sees it: its process, the channel to it and the timer. The other end is
 * old-master.ts. It performs the effects of hand-over.ts, each in its own guard.
 *
 * The workers of both masters accept from the same sockets meanwhile, so that no connection is refused. This file is
 * loaded at the start: after an upgrade its old version is gone from the disk.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { describeThrown, SequenceSender } from '@tshorn/core';
import type { StopMode } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import type { Listener } from '../listeners.ts';
import type { Party } from '../traffic.ts';
import { type Command, find } from './command.ts';
import {
  beginHandOver,
  type HandOver,
  type HandOverEffect,
  type HandOverEvent,
  handOver,
  isOver,
  type TookOver,
} from './hand-over.ts';
import { type PassedState, passOn, VARIABLE } from './inherited-listeners.ts';
import { readToOldMaster, type ToNewMaster, type ToOldMaster, wrap } from './messages.ts';

/** The acts of the old master that the new one's messages cause. Durations are milliseconds. */
export interface OldMasterSide {
  readonly command: Command;
  readonly env: NodeJS.ProcessEnv;
  readonly listeners: readonly Listener[];
  readonly passed: PassedState;
  /** Those that seal the session tickets of the clients. */
  ticketKeys(): string;
  readonly bootTimeout: number;
  readonly grace: number;
  tell(notice: Notice): void;
  warn(text: string): void;
  /** The new master is active. `kept`: the listeners that it has, by name. */
  handOver(kept: readonly string[], pid: number, takes: boolean): void;
  /** Answers about the connections that the new master was given. */
  took(id: number): void;
  declined(id: number, reason: string): void;
  /** Takes back what the new master may have taken before it failed. */
  reclaim(): Promise<void>;
}

/** How long the last messages of a process that has ended may take to be read. */
const LAST_WORDS_MS = 1_000;
/** A program answers `--version` in a fraction of this. */
const VERSION_MS = 5_000;

export class NewMaster {
  readonly #side: OldMasterSide;
  readonly #by: string;
  #state: HandOver;
  #process: ChildProcess | undefined;
  /** Resolves when there is one master again: the new one is active, or is gone. */
  readonly ended: Promise<void>;
  #end = () => {};
  #timer: NodeJS.Timeout | undefined;
  #program = '';
  #reclaiming = Promise.resolve();
  /** Numbers of the connections that the new master has not answered for. */
  readonly #given = new Set<number>();
  readonly #sequence = new SequenceSender((upTo) => this.#send({ type: 'sent', upTo }));
  /** An older tshorn would take a connection with a state for idle HTTP. */
  #resumes = false;
  /** An older tshorn would take a connection of TLS for a plain one. */
  #carries = false;

  /** Starts the process. @param by who asked for the re-exec */
  constructor(side: OldMasterSide, by: string) {
    this.#side = side;
    this.#by = by;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { state, effects } = beginHandOver(side);
    this.#state = state;
    this.#performAll(effects);
    this.#start();
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The service ends, and the new master with it. A second call makes it faster. */
  stop(mode: StopMode, reason: string): void {
    this.#dispatch({ type: 'stop', mode, reason });
  }

  /** The new master as one that takes connections; undefined before it is active. */
  get receiver(): Party | undefined {
    if (this.#state.phase !== 'handed-over' || !this.#process?.connected) return undefined;
    return {
      untimed: true,
      pid: this.pid,
      give: () => {},
      take: (connection, resumer, carry) => {
        const id = this.#sequence.next();
        if ((resumer !== undefined && !this.#resumes) || (carry !== undefined && !this.#carries)) {
          setImmediate(() => this.#side.declined(id, 'no-resumer'));
          return id;
        }
        this.#given.add(id);
        const told = { ...(resumer !== undefined && { resumer }), ...(carry !== undefined && { carry }) };
        this.#send({ type: 'take', id, ...told }, connection);
        return id;
      },
      state: (id, text) => this.#send({ type: 'state', id, ...(text !== undefined && { text }) }),
      handedOver: () => {},
      keep: () => {},
    };
  }

  #start(): void {
    const { command, env } = this.#side;
    const found = find(command, env.PATH);
    if ('reason' in found) return this.#dispatch({ type: 'not-started', reason: found.reason });
    this.#program = found.program;
    try {
      const child = this.#spawn();
      this.#process = child;
      if (child.pid !== undefined) this.#dispatch({ type: 'started', pid: child.pid, by: this.#by });
    } catch (error) {
      this.#dispatch({ type: 'not-started', reason: describeThrown(error) });
    }
  }

  #spawn(): ChildProcess {
    const { command, env, listeners, passed } = this.#side;
    const { variable, fds } = passOn(listeners, passed);
    const child = spawn(this.#program, [...command.flags, command.script, ...command.args], {
      // The name as it was typed: the next re-exec looks it up again.
      argv0: command.program,
      cwd: command.cwd,
      // The kernel's name of the directory is the old release; the name of the start may lead to the new one.
      // The watchdog of systemd watches the active master, whichever that is.
      env: { ...env, ...command.variables, PWD: command.cwd, WATCHDOG_PID: undefined, [VARIABLE]: variable },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...fds],
    });
    child.on('message', (value) => {
      const message = readToOldMaster(value);
      if (message) this.#hear(message);
    });
    // `error` comes for a process that cannot be started and for a message that cannot be sent; `exit` follows the latter.
    child.on('error', (error) => this.#dispatch({ type: 'not-started', reason: describeThrown(error) }));
    child.once('disconnect', () => {
      this.#loseGiven();
      this.#dispatch({ type: 'disconnected' });
    });
    child.once('exit', (code, signal) => {
      // The kernel reports the exit before the last message is read, and that message is the reason.
      const exited = () => {
        // Node emits no `disconnect` for a process that died with a connection on its way to it.
        this.#loseGiven();
        this.#dispatch({ type: 'exited', code, signal });
      };
      if (!child.connected) return exited();
      const timer = setTimeout(exited, LAST_WORDS_MS);
      child.once('disconnect', () => {
        clearTimeout(timer);
        exited();
      });
    });
    return child;
  }

  /**
   * The new master is gone, and one of its workers, which live on for a moment, may have each of these connections: if
   * they were read here as well, they would have two owners.
   */
  #loseGiven(): void {
    for (const id of this.#given) this.#side.took(id);
    this.#given.clear();
  }

  #hear(message: ToOldMaster): void {
    switch (message.type) {
      case 'took':
        if (this.#given.delete(message.id)) this.#side.took(message.id);
        return;
      case 'declined':
        if (this.#given.delete(message.id)) this.#side.declined(message.id, message.reason);
        return;
      case 'hello':
        this.#passTicketKeys();
    }
    this.#dispatch({ type: 'told', message });
  }

  /** Not in its environment, which other processes of the same user can read. */
  #passTicketKeys(): void {
    this.#send({ type: 'ticket-keys', keys: this.#side.ticketKeys() });
  }

  #dispatch(event: HandOverEvent): void {
    const { state, effects } = handOver(this.#state, event);
    this.#state = state;
    this.#performAll(effects);
    if (isOver(state)) this.#end();
  }

  #performAll(effects: readonly HandOverEffect[]): void {
    for (const effect of effects) {
      try {
        this.#perform(effect);
      } catch (error) {
        this.#side.warn(`re-exec: ${effect.do} failed: ${describeThrown(error)}`);
      }
    }
  }

  #perform(effect: HandOverEffect): void {
    switch (effect.do) {
      case 'send':
        return this.#send(effect.message);
      case 'set-timer':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#dispatch({ type: 'expired' }), effect.ms);
        return;
      case 'clear-timer':
        return clearTimeout(this.#timer);
      case 'signal':
        this.#process?.kill(effect.signal);
        return;
      case 'reclaim':
        return this.#reclaim();
      case 'ask-why':
        return this.#askWhy();
      case 'hand-over':
        return this.#handOver(effect.message, effect.pid);
      case 'tell':
        return this.#side.tell(effect.notice);
    }
  }

  #handOver({ kept, takes, resumes, carries }: TookOver, pid: number): void {
    this.#resumes = resumes === true;
    this.#carries = carries === true;
    this.#side.handOver(kept, pid, takes === true);
  }

  #reclaim(): void {
    const done = this.#reclaiming
      .then(() => this.#side.reclaim())
      .catch((error) => this.#side.warn(`re-exec: reclaim failed: ${describeThrown(error)}`))
      // The last one counts: one that began earlier has seen an earlier state of the files.
      .then(() => {
        if (this.#reclaiming === done) this.#dispatch({ type: 'reclaimed' });
      });
    this.#reclaiming = done;
  }

  /** A program that cannot even be loaded is asked for its version, with its standard error read this time. */
  #askWhy(): void {
    const { command, env } = this.#side;
    const words = [...command.flags, command.script, '--version'];
    const options = { cwd: command.cwd, env, timeout: VERSION_MS, killSignal: 'SIGKILL' } as const;
    execFile(this.#program, words, options, (error, _out, stderr) => {
      const text = error ? stderr.trim().split('\n').slice(-10).join('\n') : '';
      this.#dispatch({ type: 'explained', text });
    });
  }

  #send(message: ToNewMaster, handle?: unknown): void {
    if (!this.#process?.connected) return;
    // keepOpen: a connection stays here until the other side says that it has it.
    this.#process.send(wrap(message), handle as never, { keepOpen: true }, () => {});
  }
}
