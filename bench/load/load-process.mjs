/**
 * The load, in a process of its own, so that its work is not the bench's: request bytes made once, responses counted by
 * their length, a request sent as soon as the last one is answered. load.mjs gives the orders.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { inLanes, obey } from './obey.mjs';

const request = (connection) => `GET / HTTP/1.1\r\nHost: bench\r\nConnection: ${connection}\r\n\r\n`;
const KEEP = request('keep-alive');
const CLOSE = request('close');
const STATUS = Buffer.from('HTTP/1.1 200');
/** A client keeps sessions for less than servers do (Node: 300 s). */
const SESSION_MS = 120_000;
const PAUSE_MS = 50;
const secureContext = tls.createSecureContext({ minVersion: 'TLSv1.3' });

/** @typedef {{port: number, secure?: boolean}} Target */

/** @param {Target} target @param {Buffer} [session] */
function connect({ port, secure }, session) {
  const to = { port, host: '127.0.0.1' };
  const socket = secure
    ? tls.connect({ ...to, rejectUnauthorized: false, secureContext, session })
    : net.connect(to);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  return socket;
}

const connected = ({ secure }) => (secure ? 'secureConnect' : 'connect');
const isGood = (data) =>
  data.length >= STATUS.length && data.compare(STATUS, 0, STATUS.length, 0, STATUS.length) === 0;

/** Reads the first response of a connection; every other one of the server has the same length. @returns {Promise<number>} */
const firstLength = (socket) =>
  new Promise((resolve, reject) => {
    let text = '';
    const read = (data) => {
      text += data.toString('latin1');
      const end = text.indexOf('\r\n\r\n') + 4;
      const length = Number(text.match(/^content-length: *(\d+)/im)?.[1]);
      if (end < 4 || text.length < end + length) return;
      socket.off('data', read);
      if (Number.isNaN(length)) reject(new Error('the app must send a content-length'));
      else resolve(end + length);
    };
    socket.on('data', read);
    socket.once('close', () => reject(new Error('the server has closed the connection')));
  });

/** A keep-alive connection. */
class Asking {
  #socket;
  #length = 0;
  #received = 0;
  /** Called with each answer, and with `false` when there will be none. */
  #settle = (_answered) => {};
  port = 0;
  isClosed = false;

  /** @param {Target} target */
  async open(target) {
    this.#socket = connect(target);
    this.#socket.once('close', () => {
      this.isClosed = true;
      this.#settle(false);
    });
    this.#socket.once(connected(target), () => this.#socket.write(KEEP));
    this.#length = await firstLength(this.#socket);
    this.port = this.#socket.localPort;
    this.#socket.on('data', (data) => this.#read(data));
    return this;
  }

  drop() {
    this.#settle = () => {};
    this.#socket.destroy();
  }

  #read(data) {
    const isBegin = this.#received === 0;
    this.#received += data.length;
    if (isBegin && !isGood(data)) return void this.#socket.destroy();
    if (this.#received < this.#length) return;
    this.#received = 0;
    this.#settle(true);
  }

  /** Sends requests, one after the other, until `goesOn` says no; resolves with the last answer. */
  ask(goesOn, tally) {
    if (this.isClosed) {
      tally.failed++;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#settle = (answered) => {
        if (answered) tally.answered++;
        else tally.failed++;
        if (answered && goesOn()) this.#socket.write(KEEP);
        else resolve(undefined);
      };
      this.#socket.write(KEEP);
    });
  }
}

/** Connections that are loaded together. @type {Map<string, Asking[]>} */
const groups = new Map();
/** Lengths of the servers' responses, by port. @type {Map<number, number>} */
const lengths = new Map();
/** By port. @type {Map<number, {made: number, sessions: Buffer[]}>} */
const sessionsAt = new Map();

async function lengthOf(target) {
  const known = lengths.get(target.port);
  if (known) return known;
  const socket = connect(target);
  socket.once(connected(target), () => socket.write(CLOSE));
  const length = await firstLength(socket);
  socket.destroy();
  lengths.set(target.port, length);
  return length;
}

async function newSession(target) {
  const socket = connect(target);
  socket.once('secureConnect', () => socket.write(CLOSE));
  const [session] = await once(socket, 'session');
  socket.destroy();
  return session;
}

/** One for each connection of the load, as browsers have them. */
async function sessionsOf(target, count) {
  const known = sessionsAt.get(target.port);
  if (known && performance.now() - known.made < SESSION_MS) return known.sessions;
  const sessions = [];
  while (sessions.length < count) sessions.push(await newSession(target));
  sessionsAt.set(target.port, { made: performance.now(), sessions });
  return sessions;
}

/** A connection for one request. */
const single = (target, session, length, tally) =>
  new Promise((resolve) => {
    let received = 0;
    let good = false;
    let resumed = false;
    const socket = connect(target, session);
    socket.once(connected(target), () => socket.write(CLOSE));
    socket.on('data', (data) => {
      if (received === 0) {
        good = isGood(data);
        resumed = target.secure === true && socket.isSessionReused();
      }
      received += data.length;
    });
    socket.once('close', () => {
      const isAnswered = good && received === length;
      if (!isAnswered) tally.failed++;
      else {
        tally.answered++;
        if (resumed) tally.resumed++;
      }
      // A server that is gone must not be knocked at in a tight loop.
      setTimeout(resolve, isAnswered ? 0 : PAUSE_MS);
    });
  });

/** Runs these beside each other. */
async function timed(lanes, { milliseconds, most = Number.POSITIVE_INFINITY }) {
  const tally = { answered: 0, failed: 0, resumed: 0 };
  const start = performance.now();
  const end = start + milliseconds;
  const goesOn = () => performance.now() < end && tally.answered < most;
  await Promise.all(lanes.map((lane) => lane(goesOn, tally)));
  return { ...tally, seconds: (performance.now() - start) / 1000 };
}

obey({
  /** Further connections of the group, each of which has had one answer. */
  async connect({ group, target, count }) {
    const made = [];
    await inLanes(Array(count).keys(), async () => made.push(await new Asking().open(target)));
    groups.set(group, [...(groups.get(group) ?? []), ...made]);
  },

  ports: ({ group }) => (groups.get(group) ?? []).map(({ port }) => port),

  /** All but these leave the group. */
  keep({ group, ports }) {
    const kept = new Set(ports);
    const all = groups.get(group) ?? [];
    for (const one of all) if (!kept.has(one.port)) one.drop();
    groups.set(
      group,
      all.filter(({ port }) => kept.has(port)),
    );
  },

  /** Requests on the connections of a group. */
  ask({ group, ...limits }) {
    const lanes = (groups.get(group) ?? []).map((one) => (goesOn, tally) => one.ask(goesOn, tally));
    return timed(lanes, limits);
  },

  /** Resolves when everything that these loads need beforehand is there. */
  async prepare({ target, connections, resumes }) {
    await lengthOf(target);
    if (resumes) await sessionsOf(target, connections);
  },

  /** A new connection for each request; one that resumes a session. */
  async single({ target, connections, resumes, ...limits }) {
    const length = await lengthOf(target);
    const sessions = resumes ? await sessionsOf(target, connections) : [];
    const lane = async (goesOn, tally) => {
      // Servers take a ticket more than once. Drawn, as a cluster that deals connections out in turns would get its own back.
      const drawn = () => sessions[Math.floor(Math.random() * sessions.length)];
      while (goesOn()) await single(target, drawn(), length, tally);
    };
    return timed(Array(connections).fill(lane), limits);
  },

  leave() {
    for (const all of groups.values()) for (const one of all) one.drop();
    groups.clear();
    lengths.clear();
    sessionsAt.clear();
  },

  close: () => process.disconnect(),
});
