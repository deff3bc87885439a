/** Applies the timeouts of tshorn to a server that the app made, or that we make for it. */
import http from 'node:http';

/** Durations are in milliseconds; `...Given` is true for a value that the user set. */
export interface ServerSettings {
  readonly keepAliveTimeout: number;
  readonly keepAliveTimeoutGiven: boolean;
  readonly headersTimeout: number;
  readonly headersTimeoutGiven: boolean;
}

/** Node's own defaults (https://nodejs.org/api/http.html#serverkeepalivetimeout), which neither user nor app chose. */
const NODE_KEEP_ALIVE = 5_000;
const NODE_HEADERS = 60_000;
const NODE_CHECKING_INTERVAL = 30_000;

/** The user's value wins over the app's, and the app's over tshorn's default. */
export function applySettings(server: http.Server, settings: ServerSettings): void {
  if (settings.keepAliveTimeoutGiven || server.keepAliveTimeout === NODE_KEEP_ALIVE) {
    server.keepAliveTimeout = settings.keepAliveTimeout;
  }
  if (settings.headersTimeoutGiven || server.headersTimeout === NODE_HEADERS) {
    server.headersTimeout = settings.headersTimeout;
  }
  // A connection that came from another worker waits for its next header under this timeout, and may be idle for as long
  // as any other.
  if (!settings.headersTimeoutGiven && server.headersTimeout === NODE_HEADERS) {
    server.headersTimeout = Math.max(NODE_HEADERS, server.keepAliveTimeout + 1_000);
  }
}

/** Creates the server of an app that is only a listener. The checking interval can be set only here. */
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
