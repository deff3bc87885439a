/** The handle on the load; load-process.mjs makes it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ownersOf } from '../measure/owners.mjs';
import { Ordered } from './ordered.mjs';

const MOST_TRIES = 60;
const SETTLE_MS = 1_000;

/**
 * @typedef {{answered: number, failed: number, resumed: number, seconds: number}} Tally
 * @typedef {{port: number, pid: number, secure?: boolean}} Server
 * @typedef {{milliseconds: number, most?: number}} Limits `most`: requests, after which a load ends before its time
 */

export class Load extends Ordered {
  constructor() {
    super('load-process.mjs');
  }

  /**
   * Opens keep-alive connections, as many to each process that accepts: a worker with more of them reads more requests in one
   * turn of its event loop, and looks cheaper.
   * @param {string} group their name @param {Server} server @param {{each: number, processes: number}} spread
   */
  async open(group, server, { each, processes }) {
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      await this.order('connect', { group, target: targetOf(server), count: 2 * each * processes });
      const owners = ownersOf(server.pid, server.port);
      const kept = evenly(owners, each, await this.ports(group));
      await this.order('keep', { group, ports: kept });
      if (kept.length === each * processes && (await stays(kept, owners, server))) return;
      // All of them: tshorn moves connections where they are spread unevenly, and one that has moved costs more.
      await this.order('keep', { group, ports: [] });
    }
    throw new Error(`${group}: after ${MOST_TRIES} tries not every worker has ${each} connections`);
  }

  /** The clients' ports of a group. @returns {Promise<number[]>} */
  ports(group) {
    return this.order('ports', { group });
  }

  /** Leaves as many connections of a group on each of so many processes. @returns {Promise<number>} how many */
  async even(group, server, { each: most, processes }) {
    const ports = await this.ports(group);
    const owners = ownersOf(server.pid, server.port);
    const counts = new Map();
    for (const port of ports) counts.set(owners.get(port), (counts.get(owners.get(port)) ?? 0) + 1);
    const each = counts.size < processes ? 0 : Math.min(most, ...counts.values());
    await this.order('keep', { group, ports: evenly(owners, each, ports) });
    return each;
  }

  /** Requests on the connections of a group. @param {Limits} limits @returns {Promise<Tally>} */
  ask(group, limits) {
    return this.order('ask', { group, ...limits });
  }

  /** Before the load below is timed. @param {Server} server @param {{connections: number, resumes?: boolean}} options */
  prepare(server, options) {
    return this.order('prepare', { target: targetOf(server), ...options });
  }

  /**
   * A connection for each request.
   * @param {Server} server @param {{connections: number, resumes?: boolean} & Limits} options
   * @returns {Promise<Tally>}
   */
  single(server, options) {
    return this.order('single', { target: targetOf(server), ...options });
  }

  /** Ends all connections. */
  leave() {
    return this.order('leave');
  }
}

/** Resolves with true when these connections are still where they were, after the time in which tshorn would move them. */
async function stays(ports, owners, server) {
  await sleep(SETTLE_MS);
  const now = ownersOf(server.pid, server.port);
  return ports.every((port) => now.get(port) === owners.get(port));
}

const targetOf = ({ port, secure }) => ({ port, secure });

/** At most so many of these ports for each owner. */
function evenly(owners, each, ports) {
  const counts = new Map();
  return ports.filter((port) => {
    const owner = owners.get(port);
    const count = counts.get(owner) ?? 0;
    if (owner === undefined || count >= each) return false;
    counts.set(owner, count + 1);
    return true;
  });
}
