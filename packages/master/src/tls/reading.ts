/**
 * Reads the files of the certificates again, at a reload and when they change, one reading after the other, and decides whether
 * what they hold may serve. Created by the Certificates, which exchange them in the workers.
 */
import { isDeepStrictEqual } from 'node:util';
import { renderError, systemReason } from '@tshorn/core';
import type { CertificateOptions, CertificateSet } from './certificate-facts.ts';
import { readCertificates } from './certificate-files.ts';
import { lossOfDates } from './expiry.ts';
import { FileWatch, marksOf } from './file-watch.ts';
import type { Pipes } from './read-pem.ts';

/** A pair of files is written one after the other: a fault counts when it has stayed for that long in all. */
const RETRY_AFTER_MS = [250, 500, 1_000, 2_000];

interface Result {
  /** Or why there is none that can serve. */
  readonly set: CertificateSet | string;
  /** Differs when a file does. */
  readonly marks: string;
}

export interface ReadingSettings {
  readonly options: CertificateOptions;
  readonly pipes: Pipes;
  serving(): CertificateSet;
  /** Gets each set that may serve, also one that is like that which serves. */
  readonly onRead: (set: CertificateSet) => void;
  /** Gets the reason for which changed files are refused. */
  readonly onRefused: (reason: string) => void;
}

export class Reading {
  readonly #settings: ReadingSettings;
  #options: CertificateOptions;
  readonly #watch: FileWatch;
  /** Ends with the last reading that was asked for. Never rejects. */
  #queue: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  /** What was refused last. */
  #refused: Result | undefined;
  #isClosed = false;

  constructor(settings: ReadingSettings) {
    this.#settings = settings;
    this.#options = settings.options;
    this.#watch = new FileWatch(() => void this.#changed(0));
    this.#watch.watch(filesOf(settings.options));
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.close();
    clearTimeout(this.#retry);
  }

  /** Reads the files of a reload. Never rejects. @returns the reason for which they are refused */
  async again(options: CertificateOptions): Promise<string | undefined> {
    this.#options = options;
    this.#watch.watch(filesOf(options));
    const result = await this.#read();
    if (typeof result.set !== 'string') {
      this.#use(result.set);
      return undefined;
    }
    this.#refused = result;
    return result.set;
  }

  /** A file is another one than before. */
  async #changed(attempt: number): Promise<void> {
    const result = await this.#read();
    if (this.#isClosed) return;
    if (typeof result.set !== 'string') return this.#use(result.set);
    // A reload has told of these files.
    if (isDeepStrictEqual(result, this.#refused)) return;
    clearTimeout(this.#retry);
    const wait = RETRY_AFTER_MS[attempt];
    if (wait !== undefined) {
      this.#retry = setTimeout(() => void this.#changed(attempt + 1), wait).unref();
      return;
    }
    this.#refused = result;
    this.#settings.onRefused(result.set);
  }

  #use(set: CertificateSet): void {
    clearTimeout(this.#retry);
    this.#refused = undefined;
    if (!this.#isClosed) this.#settings.onRead(set);
  }

  #read(): Promise<Result> {
    const result = this.#queue.then(() => this.#readNow());
    this.#queue = result;
    return result;
  }

  async #readNow(): Promise<Result> {
    const options = this.#options;
    // Before the files: one that changes meanwhile is another one than that which is refused.
    const marks = await marksOf(filesOf(options));
    try {
      const set = await readCertificates(options, this.#settings.pipes);
      return { set: lossOfDates(this.#settings.serving().facts, set.facts, Date.now()) ?? set, marks };
    } catch (error) {
      return { set: renderError(error) || systemReason(error), marks };
    }
  }
}

const filesOf = ({ certfile, keyfile, keyfilePasswordFile, caCerts }: CertificateOptions): string[] => [
  ...new Set([...certfile, ...keyfile, ...[keyfilePasswordFile ?? [], caCerts ?? []].flat()]),
];
