/**
 * The listeners that the old master passes to the new one: descriptors in `stdio`, and one variable that describes
 * each of them. The new master takes the variable out of its environment before it starts anything.
 */
import fs from 'node:fs';
import { type BindAddress, formatAddress, placeOf, TshornError } from '@tshorn/core';
import { adopt } from '../bound-handle.ts';
import { readScaled, type Scaled } from '../decide/desired.ts';
import type { FileRights, Listener, SocketFile } from '../listeners.ts';
import type { ActivatedSocket } from '../systemd/activation.ts';
import { type Replaced, readReplaced } from './replaced.ts';

/** A variable with this prefix is no option, and causes no warning about an unknown one. */
export const VARIABLE = 'TSHORN_INTERNAL_LISTENERS';

/** Standard input, output and error, and the channel between the masters. */
const FIRST_FD = 4;

/** Raised when a listener is described in a way that an older tshorn cannot read. */
const VERSION = 1;

interface Passed {
  readonly fd: number;
  /** The address in the config of the old master: `:8000`, `localhost:0`. */
  readonly asked: BindAddress;
  readonly address: BindAddress;
  /** The name by which systemd has passed it. */
  readonly activated?: string;
  /** Present when tshorn has made the file, and so removes it. */
  readonly file?: SocketFile;
}

/** What the new master has to know of the state of the old one. */
export interface PassedState {
  /** Who has made the server leave the balancer, while it does. */
  readonly left?: string | undefined;
  /** The release that a rollback has replaced, while an older one serves. */
  readonly replaced?: Replaced | undefined;
  /** Present where the number of workers follows the load. */
  readonly scaled?: Scaled | undefined;
}

interface Variable extends PassedState {
  readonly version: number;
  /** Pid of the old master. */
  readonly master: number;
  readonly listeners: readonly Passed[];
}

/** The name under which both masters know a listener. */
export const nameOf = ({ address }: Pick<Listener, 'address'>): string => formatAddress(placeOf(address));

/** The variable for the environment of the new master, and the descriptors that go with it. */
export function passOn(
  listeners: readonly Listener[],
  state: PassedState,
): { variable: string; fds: number[] } {
  const passed = listeners.map(
    ({ asked, address, file, activated }, at): Passed => ({
      fd: FIRST_FD + at,
      // What is spoken there is for the config of the new master to say.
      asked: placeOf(asked),
      address: placeOf(address),
      ...(file && { file }),
      ...(activated !== undefined && { activated }),
    }),
  );
  const variable: Variable = { ...state, version: VERSION, master: process.pid, listeners: passed };
  return { variable: JSON.stringify(variable), fds: listeners.map(({ handle }) => handle.fd) };
}

/** The listeners that the new master inherits. Each listener is adopted once; the rest is closed. */
export class InheritedListeners {
  /** Pid of the old master. */
  readonly oldMaster: number;
  readonly state: PassedState;
  readonly #left: Passed[];
  readonly #kept: string[] = [];
  /** Until this master is active, socket files belong to the old one, which may stay active. */
  #isOwner = false;

  /** @throws TshornError ERR_STATE when another version of tshorn has written the variable */
  constructor(text: string) {
    const { version, master, listeners, left, replaced, scaled } = read(text);
    if (version !== VERSION || !Array.isArray(listeners)) {
      throw new TshornError(
        'ERR_STATE',
        `re-exec: the old master is of a version of tshorn that this one cannot take over from`,
        { fix: 'stop the old master, and start this version' },
      );
    }
    this.oldMaster = Number(master);
    this.state = {
      left: typeof left === 'string' ? left : undefined,
      replaced: readReplaced(replaced),
      scaled: readScaled(scaled),
    };
    this.#left = [...listeners];
  }

  /** Names of the listeners that have been adopted. */
  get kept(): readonly string[] {
    return this.#kept;
  }

  /**
   * The inherited listener for an address of the config; undefined when there is none, and it has to be bound.
   * @throws TshornError ERR_ADDRESS when its descriptor is no listening socket
   */
  take(asked: BindAddress, { mode, owner }: FileRights): Listener | undefined {
    const name = formatAddress(asked);
    // `:0` is the listener that the old config called so; `127.0.0.1:8000` may have been `localhost:8000` there.
    const found =
      this.#left.find((one) => formatAddress(one.asked) === name) ??
      this.#left.find((one) => formatAddress(one.address) === name);
    if (!found) return undefined;
    this.#left.splice(this.#left.indexOf(found), 1);
    const { address, file } = found;
    const handle = adopt(found.fd);
    if (typeof handle === 'string') {
      throw new TshornError('ERR_ADDRESS', `re-exec: ${formatAddress(address)} was not inherited: ${handle}`);
    }
    this.#kept.push(nameOf({ address }));
    if (file && isThere(file)) {
      fs.chmodSync(file.path, mode);
      if (owner) fs.lchownSync(file.path, owner.uid, owner.gid);
    }
    const close = () => {
      handle.close();
      if (this.#isOwner && file && isThere(file)) fs.rmSync(file.path, { force: true });
    };
    return { handle, asked, address, source: 'inherited', ...(file && { file }), close };
  }

  /** The sockets that systemd passed to the first master. The config of this master chooses among them anew. */
  activated(): ActivatedSocket[] {
    const passed = this.#left.filter(({ activated }) => activated !== undefined);
    return passed.map((one) => {
      this.#left.splice(this.#left.indexOf(one), 1);
      const { fd, activated: name = '', address } = one;
      const handle = adopt(fd);
      return typeof handle === 'string'
        ? { fd, name, address, problem: `not inherited: ${handle}` }
        : { fd, name, address, handle };
    });
  }

  /** From now on this master removes the socket files at its end. */
  own(): void {
    this.#isOwner = true;
  }

  /** Closes those that the config does not ask for any more. The old master has its own descriptors. */
  closeRest(): void {
    for (const { fd } of this.#left.splice(0)) fs.closeSync(fd);
  }
}

/** Another server may have put a socket of its own there. */
const isThere = ({ path, ino }: SocketFile): boolean =>
  fs.lstatSync(path, { throwIfNoEntry: false })?.ino === ino;

function read(text: string): Partial<Variable> {
  try {
    return (JSON.parse(text) as Partial<Variable> | null) ?? {};
  } catch {
    return {};
  }
}
