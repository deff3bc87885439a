/**
 * The listeners on their way from one master to the next: descriptors in `stdio`, and one variable that says
 * what each of them is. The new master takes the variable away before it starts anything.
 */
import fs from 'node:fs';
import { type BindAddress, formatAddress, TshornError } from '@tshorn/core';
import { adopt } from '../bound-handle.ts';
import type { FileRights, Listener, SocketFile } from '../listeners.ts';
import type { ActivatedSocket } from '../systemd/activation.ts';

/** Of the variables that are no option, and of which nobody is warned. */
export const VARIABLE = 'TSHORN_INTERNAL_LISTENERS';

/** Standard input, output and error, and the channel between the masters. */
const FIRST_FD = 4;

interface Heir {
  readonly fd: number;
  /** As the config of the old master had it: `:8000`, `localhost:0`. */
  readonly asked: BindAddress;
  readonly address: BindAddress;
  /** The name by which systemd has passed it. */
  readonly activated?: string;
  /** Present when tshorn has made it, and so removes it. */
  readonly file?: SocketFile;
}

/** The name under which both masters know a listener. */
export const nameOf = ({ address }: Pick<Listener, 'address'>): string => formatAddress(address);

/** For the new master's environment, and the descriptors that go with it. */
export function bequeath(listeners: readonly Listener[]): { variable: string; fds: number[] } {
  const heirs = listeners.map(
    ({ asked, address, file, activated }, at): Heir => ({
      fd: FIRST_FD + at,
      asked,
      address,
      ...(file && { file }),
      ...(activated !== undefined && { activated }),
    }),
  );
  return {
    variable: JSON.stringify({ master: process.pid, heirs }),
    fds: listeners.map(({ handle }) => handle.fd),
  };
}

/** What a new master was given. Each listener is adopted once; what is left is closed. */
export class Inheritance {
  /** Pid of the master that gave it. */
  readonly master: number;
  readonly #left: Heir[];
  readonly #kept: string[] = [];
  /** Until this master is active, files are the other one's, who may serve on. */
  #isOwner = false;

  constructor(text: string) {
    const { master, heirs } = JSON.parse(text) as { master: number; heirs: Heir[] };
    this.master = master;
    this.#left = heirs;
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
    // `:0` first means what the old config called so; `127.0.0.1:8000` may have been `localhost:8000` there.
    const heir =
      this.#left.find((one) => formatAddress(one.asked) === name) ??
      this.#left.find((one) => formatAddress(one.address) === name);
    if (!heir) return undefined;
    this.#left.splice(this.#left.indexOf(heir), 1);
    const { address, file } = heir;
    const handle = adopt(heir.fd);
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

  /** The sockets that systemd had passed to the first master: which of them are served is chosen anew. */
  activated(): ActivatedSocket[] {
    const heirs = this.#left.filter(({ activated }) => activated !== undefined);
    return heirs.map((heir) => {
      this.#left.splice(this.#left.indexOf(heir), 1);
      const { fd, activated: name = '', address } = heir;
      const handle = adopt(fd);
      return typeof handle === 'string'
        ? { fd, name, address, problem: `not inherited: ${handle}` }
        : { fd, name, address, handle };
    });
  }

  /** From now on the socket files are this master's, to remove at its end. */
  own(): void {
    this.#isOwner = true;
  }

  /** Those that the config does not ask for any more: the old master still has its own descriptors. */
  closeRest(): void {
    for (const { fd } of this.#left.splice(0)) fs.closeSync(fd);
  }
}

/** Another server may have put a socket of its own there. */
const isThere = ({ path, ino }: SocketFile): boolean =>
  fs.statSync(path, { throwIfNoEntry: false })?.ino === ino;
