/**
 * Everything that a master opens besides its workers: the listeners, the file of `--output-file`, the socket
 * of `--status-transport udp`, watch mode, the PID file and the control socket. Created by the master. A start that fails
 * and the end of the master give all of it back.
 */
import type { Resolved } from '@tshorn/config';
import type { ActiveFiles } from './active-files.ts';
import type { Admin } from './admin/admin.ts';
import type { Administered } from './admin/administered.ts';
import { writeListening } from './journal.ts';
import type { Listener } from './listeners.ts';
import type { Logger } from './log.ts';
import { type Opening, openListeners } from './open-listeners.ts';
import type { OutputFile } from './output-file.ts';
import type { Push, Pushed } from './push/push.ts';
import { nameOf } from './re-exec/inherited-listeners.ts';
import type { StatusUdp } from './status-udp.ts';
import type { Certificates } from './tls/certificates.ts';
import { TicketKeys } from './tls/ticket-keys.ts';
import type { Watching } from './watch/open.ts';
import type { WatchMode } from './watch/watch-mode.ts';

/** Time that the file of `--output-file` is given for the last lines of the workers. */
const LAST_OUTPUT_MS = 1_000;

export class Opened {
  listeners: readonly Listener[] = [];
  certificates: Certificates | undefined;
  readonly ticketKeys = new TicketKeys();
  statusUdp: StatusUdp | undefined;
  files: ActiveFiles | undefined;
  output: OutputFile | undefined;
  watch: WatchMode | undefined;
  admin: Admin | undefined;
  #push: Push | undefined;

  /** @throws TshornError ERR_ADDRESS and its kin, ERR_LOG_FILE */
  async open(
    resolved: Resolved,
    opening: Opening & Watching & Omit<Administered, 'controlPath'> & { readonly pushed: Pushed },
  ): Promise<void> {
    const { certfile, outputFile, watch } = resolved.config;
    if (outputFile !== undefined) {
      this.output = new (await import('./output-file.ts')).OutputFile(outputFile, opening.log);
    }
    if (certfile.length > 0) {
      const { openCertificates } = await import('./tls/certificates.ts');
      this.certificates = await openCertificates(resolved.config, opening.log);
    }
    if (watch) this.watch = (await import('./watch/open.ts')).openWatchMode(opening);
    this.listeners = await openListeners(resolved, opening);
    await this.#bindAdmin(resolved, opening);
    opening.inherited?.closeRest();
    writeListening(opening.log, this.listeners);
    await this.#openPush(resolved, opening);
    if (resolved.config.statusTransport !== 'udp') return;
    // Loaded only on demand: every start would pay for it.
    const { StatusUdp: Socket } = await import('./status-udp.ts');
    this.statusUdp = await new Socket(opening.log).open();
  }

  async #bindAdmin(
    { config }: Resolved,
    opening: Opening & Omit<Administered, 'controlPath'> & { readonly log: Logger },
  ): Promise<void> {
    if (config.admin.length + config.agent.length === 0) return;
    const { Admin: Listeners } = await import('./admin/admin.ts');
    this.admin = new Listeners({ ...opening, controlPath: () => this.files?.controlPath }, opening.log);
    await this.admin.bind(config, { mode: config.unixMode, owner: opening.owner }, opening.inherited);
  }

  async #openPush(
    { config }: Resolved,
    { env, log, pushed }: Opening & { readonly pushed: Pushed; log: Logger },
  ) {
    if (config.statsd === undefined && env.OTEL_METRICS_EXPORTER === undefined) return;
    const { openPush } = await import('./push/push.ts');
    this.#push = await openPush(config, env, pushed, log);
  }

  /** The parts that workers are given, and those that look after them. */
  get forWorkers() {
    const { listeners, certificates, ticketKeys, statusUdp, output, watch } = this;
    return { listeners, certificates, ticketKeys, statusUdp, output, watch };
  }

  /** Those that a new master of a re-exec inherits. */
  get passed(): readonly Listener[] {
    return [...this.listeners, ...(this.admin?.listeners ?? [])];
  }

  /** Forgets the listeners that the new master has: to close them here would remove their socket files. */
  handOver(names: readonly string[]): void {
    this.watch?.close();
    this.#push?.handOver();
    this.admin?.handOver(names);
    this.listeners = this.listeners.filter((listener) => !names.includes(nameOf(listener)));
  }

  closeListeners(): void {
    for (const listener of this.listeners) listener.close();
  }

  /** Closes everything else. A second call does nothing. */
  async close(): Promise<void> {
    this.watch?.close();
    this.certificates?.close();
    this.ticketKeys.close();
    this.statusUdp?.close();
    await this.files?.close();
    await this.#push?.close();
    await this.output?.idle(LAST_OUTPUT_MS);
    // Last of all: an orchestrator watches the end.
    await this.admin?.close();
  }
}
