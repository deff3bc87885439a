/**
 * Pushes the metrics by OTLP over HTTP, as JSON. A collector that is down or slow costs a timeout and one line of the log;
 * the next push has the counts of all that were lost, since counts are cumulative. Created by openPush().
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { oneLine } from '@tshorn/core';
import type { Family } from '../metrics/family.ts';
import { VERSION } from '../version.ts';
import { otlpRequest } from './otlp-json.ts';
import type { OtlpSettings } from './otlp-settings.ts';
import type { Outage } from './outage.ts';

const compress = promisify(gzip);
/** The last push must not delay the end of the master. */
const LAST_MS = 1_000;
/** Of an answer: enough for the reason. */
const MOST_READ = 4_096;

interface Surroundings {
  readonly families: () => Promise<Family[]>;
  readonly outage: Outage;
}

export class Otlp {
  readonly #settings: OtlpSettings;
  readonly #around: Surroundings;
  readonly #resource: Readonly<Record<string, string>>;
  readonly #begunAt = Date.now() - process.uptime() * 1_000;
  readonly #timer: NodeJS.Timeout;
  #pushing: Promise<void> | undefined;

  constructor(settings: OtlpSettings, around: Surroundings) {
    this.#settings = settings;
    this.#around = around;
    // One writer for each series: the workers' own SDKs have other ids.
    this.#resource = { 'service.instance.id': randomUUID(), ...settings.resource };
    this.#timer = setInterval(() => void this.#push(settings.timeoutMs), settings.everyMs).unref();
  }

  /** Pushes a last time, unless nobody takes it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const expiry = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_MS);
    });
    // One that is under way lacks the last counts.
    await Promise.race([Promise.resolve(this.#pushing).then(() => this.#pushLast()), expiry]);
    clearTimeout(timer);
  }

  async #pushLast(): Promise<void> {
    if (!this.#around.outage.isOn) await this.#push(Math.min(LAST_MS, this.#settings.timeoutMs));
  }

  /** One at a time. Never rejects. */
  #push(timeoutMs: number): Promise<void> {
    this.#pushing ??= this.#attempt(timeoutMs).finally(() => {
      this.#pushing = undefined;
    });
    return this.#pushing;
  }

  async #attempt(timeoutMs: number): Promise<void> {
    try {
      await this.#send(await this.#body(), timeoutMs);
      this.#around.outage.ended();
    } catch (error) {
      this.#around.outage.begun(reasonOf(error));
    }
  }

  async #body(): Promise<Buffer> {
    const sender = {
      resource: this.#resource,
      version: VERSION,
      begunAt: this.#begunAt,
      now: Date.now(),
    };
    const text = JSON.stringify(otlpRequest(await this.#around.families(), sender));
    return this.#settings.gzip ? compress(text) : Buffer.from(text);
  }

  #send(body: Buffer, timeoutMs: number): Promise<void> {
    const { url, headers, gzip: isGzip, tls } = this.#settings;
    const { request } = url.protocol === 'https:' ? https : http;
    const options = {
      method: 'POST',
      agent: false,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': body.length,
        ...(isGzip && { 'content-encoding': 'gzip' }),
      },
      ...Object.fromEntries(Object.entries(tls).map(([name, path]) => [name, readFileSync(path)])),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          if (text.length < MOST_READ) text += part;
        });
        response.once('error', reject);
        response.once('end', () => {
          const refusal = refusalIn(response.statusCode ?? 0, text);
          if (refusal === undefined) resolve();
          else reject(new Error(refusal));
        });
      });
      // The time of the whole exchange: a collector that answers byte by byte is slow too.
      const timer = setTimeout(
        () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      ).unref();
      sent.once('close', () => {
        clearTimeout(timer);
        reject(new Error('the connection was closed'));
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

/** A collector may take a part and say so with 200 (https://opentelemetry.io/docs/specs/otlp/#partial-success). */
function refusalIn(status: number, text: string): string | undefined {
  if (status < 200 || status > 299) return `the answer is ${status}${text ? `: ${oneLine(text, 200)}` : ''}`;
  try {
    const { rejectedDataPoints: rejected, errorMessage } = JSON.parse(text).partialSuccess ?? {};
    if (Number(rejected) > 0)
      return `${Number(rejected)} data points were rejected: ${oneLine(String(errorMessage), 200)}`;
  } catch {
    // Not every collector writes a body.
  }
  return undefined;
}

/** Node tells all addresses that it has tried in an AggregateError, whose own message is empty. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}
