/**
 * Says that nobody in the master reads what an app sends to its parent, once for each library and kind of message. Apps
 * and libraries written for node:cluster or PM2 expect code of theirs there. A message that a listener of the config file
 * reads (`cluster.on('message')`) does not come here. One for each master.
 */
import cluster from 'node:cluster';
import { type AskingLibrary, oneLine } from '@tshorn/core';

interface Advice {
  readonly library: string;
  readonly text: string;
  readonly level?: 'info' | 'warn';
}

const SEE = '(docs/operating.md, "Libraries that ask node:cluster")';

const METRICS: Advice = {
  library: 'prom-client',
  text: `AggregatorRegistry.clusterMetrics() of prom-client knows no other worker: scrape /metrics of tshorn, which has the app's own metrics of all workers (docs/app-metrics.md)`,
};

/** Libraries that a worker has recognised by itself. */
const ASKING: Readonly<Record<AskingLibrary, Advice>> = {
  log4js: {
    library: 'log4js',
    level: 'info',
    text: `log4js writes its lines in each worker, as with disableClustering: true; an appender that rotates its file needs a file for each worker ${SEE}`,
  },
  'prom-client': METRICS,
};

type Message = Readonly<Record<string, unknown>>;

/** Libraries by the messages of their workers. */
const SENDING: readonly (Advice & { readonly sent: (message: Message) => boolean })[] = [
  {
    library: 'log4js',
    sent: ({ topic }) => topic === 'log4js:message',
    text: `log4js sends its lines to the master, and nobody writes them: set disableClustering: true in its configuration ${SEE}`,
  },
  {
    library: 'rate-limiter-flexible',
    sent: ({ channel }) => channel === 'rate_limiter_flexible',
    text: `RateLimiterCluster gets no answer, and each request waits for its timeoutMs: create its RateLimiterClusterMaster in the config file, or use RateLimiterRedis, or RateLimiterMemory with limits per worker ${SEE}`,
  },
  {
    library: '@express-rate-limit/cluster-memory-store',
    sent: ({ from }) => from === 'cluster-memory-store',
    text: `ClusterMemoryStoreWorker gets no answer, and each request waits for a second: create its ClusterMemoryStorePrimary in the config file, or use a store in Redis ${SEE}`,
  },
  {
    library: '@socket.io/cluster-adapter',
    sent: ({ source }) => source === '_sio_adapter',
    text: `broadcasts of Socket.IO's cluster adapter reach no other worker: call its setupPrimary() in the config file, or use the Redis adapter ${SEE}`,
  },
  {
    library: '@socket.io/sticky',
    sent: ({ type }) => typeof type === 'string' && type.startsWith('sticky:'),
    text: `@socket.io/sticky needs a primary that accepts all connections: leave it out, and allow transports: ['websocket'] alone ${SEE}`,
  },
  {
    ...METRICS,
    library: '@prometheus-io/client',
    sent: ({ type }) => typeof type === 'string' && type.startsWith('@prometheus-io/client:'),
    text: METRICS.text.replace('prom-client', '@prometheus-io/client'),
  },
];

/** Conventions of PM2: under tshorn the probe and the signals do the same. */
const HARMLESS = /^(ready|online|axm:|process:|pm2:)/;
/** The members by which libraries tell their messages apart. */
const NAMES = ['topic', 'type', 'channel', 'event', 'action', 'cmd'];
/** An app may make up kinds of messages without end. */
const MOST_LINES = 8;

type Write = (
  level: 'info' | 'warn',
  fields: { event: 'unread-message'; pid?: number; library?: string },
  text: string,
) => void;

export class UnreadMessages {
  readonly #write: Write;
  readonly #told = new Set<string>();

  constructor(write: Write) {
    this.#write = write;
  }

  /** The app of a worker has sent this to its parent. */
  sent(pid: number | undefined, message: unknown): void {
    if (this.#told.size >= MOST_LINES) return;
    const known = SENDING.find(({ sent }) => sent((message ?? {}) as Message));
    if (known) return this.#advise(pid, known);
    const kind = kindOf(message);
    if (HARMLESS.test(kind)) return;
    const text = `the app in pid=${pid} sends messages to the master, and nobody there reads them: ${kind} ${SEE}`;
    this.#once(kind, 'info', pid, undefined, text);
  }

  /** A library in a worker waits for a primary. */
  asks(pid: number | undefined, library: AskingLibrary): void {
    // The config file has its part of the library, most likely.
    if (ASKING[library].level !== 'info' && cluster.listenerCount('message') > 0) return;
    this.#advise(pid, ASKING[library]);
  }

  #advise(pid: number | undefined, { library, text, level = 'warn' }: Advice): void {
    this.#once(`library ${library}`, level, pid, library, text);
  }

  #once(
    key: string,
    level: 'info' | 'warn',
    pid: number | undefined,
    library: string | undefined,
    text: string,
  ): void {
    if (this.#told.has(key) || this.#told.size >= MOST_LINES) return;
    this.#told.add(key);
    const fields = {
      event: 'unread-message',
      ...(pid !== undefined && { pid }),
      ...(library && { library }),
    } as const;
    this.#write(level, fields, text);
  }
}

/** Words that a person can search for in the code of the app. */
function kindOf(message: unknown): string {
  if (typeof message === 'string') return oneLine(message, 40);
  if (message === null) return 'null';
  if (typeof message !== 'object') return `a ${typeof message}`;
  for (const name of NAMES) {
    const value = (message as Message)[name];
    if (typeof value === 'string')
      return HARMLESS.test(value) ? oneLine(value, 40) : `${name} ${oneLine(value, 40)}`;
  }
  const keys = Object.keys(message);
  return oneLine(`an object with ${keys.slice(0, 4).join(', ') || 'no members'}`, 80);
}
