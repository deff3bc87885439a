/**
 * The listeners on which the master itself answers: `--admin` (HTTP) and `--agent` (HAProxy's agent-check). Loaded only
 * where one is asked for. They are bound with the others at the start, and closed at the very end, since those who look
 * watch the drain as well. After a re-exec one master accepts at a time: the new one from the moment that it is active.
 */
import type net from 'node:net';
import type { Config } from '@tshorn/config';
import { type Address, describeThrown, formatAddress, TshornError } from '@tshorn/core';
import { acceptOn, socketOf } from '../bound-handle.ts';
import { bindAll, bindError, type FileRights, type Inherited, type Listener, overlap } from '../listeners.ts';
import type { Logger } from '../log.ts';
import { nameOf } from '../re-exec/inherited-listeners.ts';
import type { Administered } from './administered.ts';
import { Agents } from './agents.ts';
import { Connections } from './connections.ts';
import type { AdminHttp } from './http-server.ts';
import { isLoopback } from './loopback.ts';
import { exposed, readToken, type Token } from './token.ts';

/**
 * Connections that the kernel queues. The master accepts at once, and drops those that are too many; but where a crowd
 * comes, a probe that the kernel drops would come back only after a second.
 */
const BACKLOG = 1_024;
/** Time that clients have for the last bytes when the master ends. */
const LAST_BYTES_MS = 500;

export type AdminConfig = Pick<Config, 'admin' | 'adminToken' | 'agent' | 'bind'>;

interface Door {
  readonly option: 'admin' | 'agent';
  readonly listener: Listener;
  connected(socket: net.Socket): void;
}

export class Admin {
  readonly #view: Administered;
  readonly #log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly #agents: Agents;
  readonly #connections = new Connections();
  #doors: readonly Door[] = [];
  #token: Token | undefined;
  #http: Promise<AdminHttp> | undefined;

  constructor(view: Administered, log: Pick<Logger, 'info' | 'warn' | 'error'>) {
    this.#view = view;
    this.#log = log;
    this.#agents = new Agents(
      () => view.readiness(),
      () => this.#token === undefined,
    );
  }

  /** For the new master of a re-exec. */
  get listeners(): readonly Listener[] {
    return this.#doors.map(({ listener }) => listener);
  }

  /**
   * Binds the addresses, and accepts nothing yet.
   * @throws TshornError ERR_ADDRESS and its kin; ERR_OPTION for a token that cannot be read
   */
  async bind(config: AdminConfig, rights: FileRights, inherited: Inherited | undefined): Promise<void> {
    refuseOverlaps(config);
    this.#useToken(config.adminToken);
    const open = async (option: 'admin' | 'agent', connected: Door['connected']) => {
      const listeners = await bindAll(config[option], rights, inherited, { option, movable: true });
      this.#doors = [...this.#doors, ...listeners.map((listener) => ({ option, listener, connected }))];
    };
    await open('admin', (socket) => void this.#serve(socket));
    // Before the first notice: the history of a new master begins with its re-exec.
    if (this.#doors.length > 0) await this.#keepHistory();
    await open('agent', (socket) => this.#agents.answer(socket));
  }

  /**
   * Accepts, from now on.
   * @throws TshornError ERR_ADDRESS_IN_USE where another process listens there since it was bound
   */
  begin(): void {
    for (const { option, listener, connected } of this.#doors) {
      const failure = acceptOn(listener.handle, BACKLOG, (client) => connected(socketOf(client)));
      if (failure !== undefined) throw bindError(option, listener.asked, failure);
      const address = nameOf(listener);
      const text = `${option} listener: ${option === 'admin' && listener.address.kind === 'tcp' ? 'http://' : ''}${address}`;
      this.#log.info({ event: 'admin-listening', listener: option, address }, text);
    }
    this.#warnOfReach();
  }

  async #keepHistory(): Promise<void> {
    try {
      await this.#view.master.observed.keepHistory();
    } catch (error) {
      this.#log.error(`the page has no history: ${describeThrown(error)}`);
    }
  }

  /** The settings of a committed reload. A token that cannot be read leaves the one before in force. */
  use({ adminToken }: AdminConfig): void {
    try {
      this.#useToken(adminToken);
    } catch (error) {
      const reason = error instanceof Error ? error.message : describeThrown(error);
      this.#log.error({ event: 'admin-token' }, `the admin listener keeps its token: ${reason}`);
    }
  }

  #useToken(file: string | undefined): void {
    this.#token = file === undefined ? undefined : readToken(file);
    const problem = file && exposed(file);
    if (problem) this.#log.warn({ event: 'admin-token-open' }, `admin token: ${problem}`);
  }

  /** The new master accepts on these. Their connections stay until they end, and their files are the new master's. */
  handOver(names: readonly string[]): void {
    const isPassed = ({ listener }: Door) => names.includes(nameOf(listener));
    for (const { listener } of this.#doors.filter(isPassed)) listener.handle.close();
    this.#doors = this.#doors.filter((door) => !isPassed(door));
    void this.#http?.then((http) => http.leave());
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    for (const { listener } of this.#doors) listener.close();
    this.#doors = [];
    this.#agents.close();
    const http = this.#http;
    this.#http = undefined;
    await http?.then((server) => server.close(LAST_BYTES_MS));
  }

  #warnOfReach(): void {
    if (this.#token) return;
    const far = this.#doors
      .filter(({ option, listener }) => option === 'admin' && !isLoopback(listener.address as Address))
      .map(({ listener }) => nameOf(listener));
    if (far.length === 0) return;
    const text = `the admin listener on ${far.join(', ')} tells everybody who can reach it about this server; protect it with --admin-token FILE, or bind it to 127.0.0.1`;
    this.#log.warn({ event: 'admin-open' }, text);
  }

  async #serve(socket: net.Socket): Promise<void> {
    // Those that come while the code is being loaded are bounded as well.
    this.#connections.add(socket);
    try {
      this.#http ??= this.#load();
      const http = await this.#http;
      if (!socket.destroyed) http.serve(socket);
    } catch (error) {
      this.#log.error(`admin listener: ${describeThrown(error)}`);
      socket.destroy();
    }
  }

  async #load(): Promise<AdminHttp> {
    try {
      const { AdminHttp: Server } = await import('./http-server.ts');
      return new Server({ view: this.#view, connections: this.#connections, token: () => this.#token });
    } catch (error) {
      // Its file may be gone, since an upgrade of tshorn: the next client tries again, and the end has nothing to close.
      this.#http = undefined;
      throw error;
    }
  }
}

/** The kernel refuses such addresses only when somebody listens there. */
function refuseOverlaps({ bind, admin, agent }: AdminConfig): void {
  const all = (['bind', 'admin', 'agent'] as const).flatMap((option) =>
    ({ bind, admin, agent })[option].map((address) => ({ option, address })),
  );
  for (const [at, { option, address }] of all.entries()) {
    if (address.kind === 'systemd') continue;
    const other = all
      .slice(0, at)
      .find(
        (one) => one.option !== option && one.address.kind !== 'systemd' && overlap(one.address, address),
      );
    if (!other) continue;
    const [first, second] = [formatAddress(other.address), formatAddress(address)];
    throw new TshornError('ERR_ADDRESS', `${option}: ${second} overlaps with --${other.option} ${first}`, {
      fix: 'choose another port',
    });
  }
}
