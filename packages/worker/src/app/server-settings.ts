/** The timeouts of tshorn, on a server that the app made or that we make for it. */
import http from 'node:http';

/** Durations are milliseconds; `...Given` says that a person chose them. */
export interface ServerSettings {
  readonly keepAliveTimeout: number;
  readonly keepAliveTimeoutGiven: boolean;
  readonly headersTimeout: number;
  readonly headersTimeoutGiven: boolean;
}

/** Node's own defaults (https://nodejs.org/api/http.html#serverkeepalivetimeout): nobody chose these. */
const NODE_KEEP_ALIVE = 5_000;
const NODE_HEADERS = 60_000;
const NODE_CHECKING_INTERVAL = 30_000;

/** What a person gave wins, then what the app chose, then tshorn's default. */
export function applySettings(server: http.Server, settings: ServerSettings): void {
  if (settings.keepAliveTimeoutGiven || server.keepAliveTimeout === NODE_KEEP_ALIVE) {
    server.keepAliveTimeout = settings.keepAliveTimeout;
  }
  if (settings.headersTimeoutGiven || server.headersTimeout === NODE_HEADERS) {
    server.headersTimeout = settings.headersTimeout;
  }
  // A connection that came from another worker waits for its next header under this timeout, and must be
  // allowed to be idle for as long as any other.
  if (!settings.headersTimeoutGiven && server.headersTimeout === NODE_HEADERS) {
    server.headersTimeout = Math.max(NODE_HEADERS, server.keepAliveTimeout + 1_000);
  }
}

/** A server for an app that is only a listener; the interval can be chosen here and never again. */
export function createServer(
  listener: http.RequestListener,
  { headersTimeout }: ServerSettings,
): http.Server {
  const connectionsCheckingInterval =
    headersTimeout > 0 && headersTimeout < NODE_HEADERS
      ? Math.max(100, Math.floor(headersTimeout / 2))
      : NODE_CHECKING_INTERVAL;
  return http.createServer({ connectionsCheckingInterval }, listener);
}
