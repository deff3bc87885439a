/**
 * The built-in part of `postWorkerInit`: asks the app for its own status page through its real HTTP
 * server (parser, middleware, router), over a pair of in-memory streams instead of a network socket.
 * `http.Server` takes any Duplex by `emit('connection')`; Node documents that for this purpose.
 */
import http from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeThrown, type ProbeReport, withDeadline } from '@tshorn/core';
import { connectionEvent, isTls } from './app/http-server.ts';

export interface ProbeSettings {
  readonly statusPath: string;
  readonly statusPathGiven: boolean;
  /** Milliseconds for one attempt. */
  readonly probeTimeout: number;
  readonly probeAttempts: number;
  readonly probeInterval: number;
}

export async function probe(server: http.Server, settings: ProbeSettings): Promise<ProbeReport> {
  const start = performance.now();
  const report = (rest: Omit<ProbeReport, 'tookMs'>): ProbeReport => ({
    ...rest,
    tookMs: performance.now() - start,
  });
  if (settings.statusPath === '') return report({ verdict: 'ok' });

  for (let attempt = 1; ; attempt++) {
    const outcome = await ask(server, settings);
    if (outcome.verdict !== 'broken' || attempt >= settings.probeAttempts) return report(outcome);
    await sleep(settings.probeInterval);
  }
}

async function ask(server: http.Server, settings: ProbeSettings): Promise<Omit<ProbeReport, 'tookMs'>> {
  const { statusPath: path, probeTimeout } = settings;
  const [client, inside] = duplexPair();
  try {
    const answered = request(client, path);
    server.emit(connectionEvent(server), asSocket(inside, isTls(server)));
    const { code, status } = await withDeadline(
      answered,
      probeTimeout,
      () => new Error(`no answer within ${probeTimeout / 1000} s`),
    );
    if (code >= 200 && code < 300) return { verdict: 'ok', status };
    if (code === 404 && !settings.statusPathGiven) return { verdict: 'no-status', status };
    return { verdict: 'broken', status, reason: `${path} answered ${status}` };
  } catch (error) {
    return { verdict: 'broken', reason: `${path}: ${describeThrown(error)}` };
  } finally {
    client.destroy();
    inside.destroy();
  }
}

const request = (connection: Duplex, path: string) =>
  new Promise<{ code: number; status: string }>((resolve, reject) => {
    const outgoing = http.get({
      path,
      headers: { host: 'localhost', 'user-agent': 'tshorn-probe', connection: 'close' },
      createConnection: () => connection as never,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      const code = response.statusCode ?? 0;
      // The whole answer counts: a status page that dies in its body is not healthy.
      response.once('end', () => resolve({ code, status: `${code} ${response.statusMessage}`.trim() }));
      response.once('error', reject);
    });
  });

/** Middleware asks a socket for its addresses and options; an in-memory one has to answer too. */
function asSocket(stream: Duplex, encrypted: boolean): Duplex {
  const self = () => stream;
  return Object.assign(stream, {
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    remoteFamily: 'IPv4',
    localAddress: '127.0.0.1',
    localPort: 0,
    encrypted,
    setTimeout: self,
    setNoDelay: self,
    setKeepAlive: self,
    ref: self,
    unref: self,
    address: () => ({ address: '127.0.0.1', port: 0, family: 'IPv4' }),
    destroySoon: () => stream.end(),
  });
}
