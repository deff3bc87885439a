/** A light load: what it notices is the server's doing, not its own. */
import { OpenLoop } from './open-loop.mjs';

const CONNECTIONS = 20;

/** Two thirds on connections that stay, the rest on new ones. @param {number} port @param {number} rate per second */
export const lightLoad = (port, rate) => [
  new OpenLoop({
    name: 'keep-alive',
    port,
    rate: (rate * 2) / 3,
    keepAlive: true,
    connections: CONNECTIONS,
  }),
  new OpenLoop({ name: 'new connection each', port, rate: rate / 3, keepAlive: false }),
];
