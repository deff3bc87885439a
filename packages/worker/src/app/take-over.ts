/**
 * The app's own server listens so late that what the module exports is served already. The server that serves it then does
 * what the own one would do: its upgrades, its Socket.IO, its timeouts.
 */
import type http from 'node:http';

const EVENTS = ['request', 'upgrade', 'connect', 'checkContinue', 'checkExpectation', 'clientError'];
const SETTINGS = [
  'timeout',
  'requestTimeout',
  'maxConnections',
  'maxHeadersCount',
  'maxRequestsPerSocket',
] as const;

export function takeOver(own: http.Server, served: http.Server): void {
  for (const event of EVENTS) {
    const listeners = own.rawListeners(event);
    if (listeners.length === 0) continue;
    // Those that answer requests now would answer twice.
    if (event === 'request') served.removeAllListeners(event);
    for (const listener of listeners) served.on(event, listener as () => void);
  }
  for (const setting of SETTINGS) {
    const value = own[setting];
    if (value !== undefined && value !== null) served[setting] = value;
  }
}
