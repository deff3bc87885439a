/**
 * The certificates that the https listeners show. The master reads their files, and all workers get the bytes, or none does
 * (swap.ts). Created when the listeners are opened; the Attendants lead it to the workers.
 */
import { isDeepStrictEqual } from 'node:util';
import { Deadline, type ToWorker, type WorkerState } from '@tshorn/core';
import type { Notice } from '../decide/notice.ts';
import type { Logger } from '../log.ts';
import type { CertificateFacts, CertificateOptions, CertificateSet } from './certificate-facts.ts';
import { readCertificates } from './certificate-files.ts';
import { describeCertificate } from './expiry.ts';
import { ExpiryWatch } from './expiry-watch.ts';
import type { Pipes } from './read-pem.ts';
import { Reading } from './reading.ts';
import { decideSwap, SWAP_WITHIN_MS, type SwapEffect, type SwapEvent, type SwapState } from './swap.ts';

export type CertificateOrder = Extract<
  ToWorker,
  { type: 'certificates' | 'use-certificates' | 'ticket-keys' }
>;
type Message = Extract<ToWorker, { type: 'certificates' }>;

/** The workers, as a swap needs them. */
export interface CertificateWorkers {
  /** Serials of the workers whose processes are there. */
  serials(): readonly number[];
  stateOf(serial: number): WorkerState | undefined;
  send(serial: number, message: CertificateOrder): void;
  /** It must not serve on. */
  replace(serial: number): void;
}

/** One certificate in `tshorn status`. */
export interface CertificateStatus {
  readonly file: string;
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
}

/** Certificates that were read and do not serve. */
export interface RefusedCertificates {
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
}

type RefusedLine = Extract<Notice, { readonly event: 'certificates-refused' }>;

/** Those that may have a handshake under way. */
const SERVING = new Set<WorkerState | undefined>(['admitted', 'ready', 'draining', 'failing', 'hung']);

interface CertificatesSettings {
  readonly options: CertificateOptions;
  readonly first: CertificateSet;
  readonly pipes: Pipes;
  readonly log: Logger;
}

export class Certificates {
  readonly #log: Logger;
  /** By revision: the set that serves, and the one that is to. */
  #sets = new Map<number, CertificateSet>();
  #state: SwapState = { serving: 1, swap: undefined };
  #revision = 1;
  #workers: CertificateWorkers | undefined;
  /** Serials of the workers that have got their first ones. */
  readonly #booted = new Set<number>();
  /** Read while a swap is under way. */
  #next: CertificateSet | undefined;
  #startedAt = 0;
  #deadline: Deadline | undefined;
  #refused: RefusedCertificates | undefined;
  readonly #expiry: ExpiryWatch;
  readonly #reading: Reading;
  readonly counts = { swapped: 0, refused: 0 };

  constructor({ options, first, pipes, log }: CertificatesSettings) {
    this.#log = log;
    this.#sets.set(1, first);
    this.#reading = new Reading({
      options,
      pipes,
      serving: () => this.#serving,
      onRead: (set) => this.#swapTo(set),
      onRefused: (reason) => this.#refuse(reason),
    });
    this.#expiry = new ExpiryWatch(log, () => this.facts);
    this.#told(first);
  }

  /** To be called once, before the first worker. */
  attend(workers: CertificateWorkers): void {
    this.#workers = workers;
  }

  close(): void {
    this.#reading.close();
    this.#expiry.close();
    this.#deadline?.clear();
  }

  get #serving(): CertificateSet {
    return this.#sets.get(this.#state.serving) as CertificateSet;
  }

  get facts(): readonly CertificateFacts[] {
    return this.#serving.facts;
  }

  /** The last attempt to read others; undefined when it went well, or when none was made. */
  get refused(): RefusedCertificates | undefined {
    return this.#refused;
  }

  get status(): CertificateStatus[] {
    return this.facts.map(({ file, names, notBefore, notAfter }) => ({
      file,
      names,
      notBefore: new Date(notBefore).toISOString(),
      notAfter: new Date(notAfter).toISOString(),
    }));
  }

  /** The first message of a worker. What follows by `send` reaches it before its boot order. */
  boot(serial: number): void {
    this.#booted.add(serial);
    this.#workers?.send(serial, this.#message(this.#state.serving));
    this.#dispatch({ type: 'booting', serial });
  }

  held(serial: number, revision: number): void {
    this.#dispatch({ type: 'held', serial, revision });
  }

  failed(serial: number, revision: number, reason: string): void {
    this.#dispatch({ type: 'failed', serial, revision, reason });
  }

  gone(serial: number): void {
    this.#booted.delete(serial);
    this.#dispatch({ type: 'gone', serial });
  }

  /**
   * Reads the files of a reload. Never rejects: those that serve stay.
   * @returns the line that tells why they stay; the caller logs it
   */
  async reload(options: CertificateOptions): Promise<RefusedLine | undefined> {
    const reason =
      options.certfile.length === 0
        ? 'the config that was read has no --certfile, and https listeners need one'
        : await this.#reading.again(options);
    return reason === undefined ? undefined : this.#refusedLine(reason);
  }

  #refusedLine(reason: string): RefusedLine {
    this.#refused = { reason, since: new Date().toISOString() };
    this.counts.refused++;
    const text = `certificates refused: ${reason}\n  the ones that serve stay: ${describeAll(this.facts)}`;
    return { event: 'certificates-refused', level: 'error', reason, text };
  }

  #refuse(why: string): void {
    const { event, reason, text } = this.#refusedLine(why);
    this.#log.error({ event, reason }, text);
  }

  #swapTo(set: CertificateSet): void {
    const { swap } = this.#state;
    if (swap) {
      this.#next = set;
      return;
    }
    const { pairs, ca } = this.#serving;
    this.#refused = undefined;
    if (isDeepStrictEqual([set.pairs, set.ca ?? ca], [pairs, ca])) return;
    const revision = ++this.#revision;
    // Workers of before, which a rollback keeps, may ask for client certificates: without authorities, Node would accept
    // those of every public one. Workers that ask for none look at no authority.
    this.#sets.set(revision, { ...set, ca: set.ca ?? ca });
    this.#startedAt = performance.now();
    const isServing = (serial: number) => SERVING.has(this.#workers?.stateOf(serial));
    const booted = (this.#workers?.serials() ?? []).filter((serial) => this.#booted.has(serial));
    this.#dispatch({
      type: 'begin',
      revision,
      serving: booted.filter(isServing),
      others: booted.filter((serial) => !isServing(serial)),
    });
  }

  #dispatch(event: SwapEvent): void {
    const { state, effects } = decideSwap(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (state.swap) return;
    const next = this.#next;
    this.#next = undefined;
    if (next) this.#swapTo(next);
  }

  #perform(effect: SwapEffect): void {
    switch (effect.do) {
      case 'prepare':
        return this.#workers?.send(effect.serial, this.#message(effect.revision));
      case 'end': {
        const { revision, use } = effect;
        return this.#workers?.send(effect.serial, { type: 'use-certificates', revision, use });
      }
      case 'set-timer':
        this.#deadline = new Deadline(SWAP_WITHIN_MS, () => this.#dispatch({ type: 'expired' }));
        return;
      case 'clear-timer':
        return this.#deadline?.clear();
      case 'swapped':
        return this.#swapped(effect.revision, effect.silent.length);
      case 'refused':
        this.#sets.delete(effect.revision);
        return this.#refuse(`a worker cannot use them: ${effect.reason}`);
      case 'replace':
        this.#log.error(
          { event: 'certificates-refused', reason: effect.reason },
          `a worker cannot use the new certificates, and is replaced: ${effect.reason}`,
        );
        return this.#workers?.replace(effect.serial);
    }
  }

  #swapped(revision: number, silent: number): void {
    const set = this.#sets.get(revision) as CertificateSet;
    this.#sets = new Map([[revision, set]]);
    this.#refused = undefined;
    this.counts.swapped++;
    const tookMs = Math.round(performance.now() - this.#startedAt);
    const late =
      silent === 0 ? '' : `; ${silent} of the workers did not answer in time, and use them when they do`;
    this.#log[silent === 0 ? 'info' : 'warn'](
      { event: 'certificates-swapped', certificates: this.status, tookMs, ...(silent > 0 && { silent }) },
      `certificates swapped in ${tookMs}ms: ${describeAll(set.facts)}${late}`,
    );
    this.#told(set);
  }

  #told({ warnings }: CertificateSet): void {
    for (const text of warnings) this.#log.warn({ event: 'certificate-warning' }, text);
    this.#expiry.look();
  }

  #message(revision: number): Message {
    const { pairs, ca } = this.#sets.get(revision) as CertificateSet;
    return { type: 'certificates', revision, pairs, ...(ca !== undefined && { ca }) };
  }
}

const describeAll = (facts: readonly CertificateFacts[]): string => facts.map(describeCertificate).join(', ');

/** Reads the files of a start. @throws TshornError ERR_CERTIFICATE */
export async function openCertificates(options: CertificateOptions, log: Logger): Promise<Certificates> {
  const pipes: Pipes = new Map();
  return new Certificates({ options, first: await readCertificates(options, pipes), pipes, log });
}
