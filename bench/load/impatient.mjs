/**
 * Clients that give up: a new one comes at each planned moment, however the server is, asks once on a connection of its own or
 * on one that is free, and closes it when there is no answer within `patienceMs`. A process of its own:
 * `node impatient.mjs '{"port": 8000, "phases": [{"rate": 100, "seconds": 5, "settle": 2}], "patienceMs": 2000, "fresh": 0.5}'`.
 * Prints `{"phases": [{"sent", "inTime", "shed", "gaveUp", "failed", "ms": [...]}], "perSecond": [...]}`; `ms` are those of the
 * answers in time. What is sent at the beginning of a phase, for its `settle` seconds, is not counted.
 */
import net from 'node:net';

const { port, phases, patienceMs, fresh = 0.5 } = JSON.parse(process.argv[2]);
const TICK_MS = 2;
/** Connections that wait for their next request. @type {net.Socket[]} */
const idle = [];
const heads = Object.fromEntries(
  ['keep-alive', 'close'].map((kind) => [
    kind,
    Buffer.from(`GET / HTTP/1.1\r\nHost: bench\r\nConnection: ${kind}\r\n\r\n`),
  ]),
);
const counts = phases.map(() => ({ sent: 0, inTime: 0, shed: 0, gaveUp: 0, failed: 0, ms: [] }));
/** Answers in time, by the second in which their request was sent. */
const perSecond = [];
let pending = 0;
const start = performance.now();

function ask(planned, count) {
  const isFresh = Math.random() < fresh;
  const old = isFresh ? undefined : idle.pop();
  const socket = old ?? net.connect({ port, host: '127.0.0.1', noDelay: true });
  const second = Math.floor((planned - start) / 1_000);
  perSecond[second] ??= { sent: 0, inTime: 0, shed: 0 };
  perSecond[second].sent++;
  if (count) count.sent++;
  pending++;
  let text = '';
  const end = (outcome) => {
    clearTimeout(timer);
    socket.removeAllListeners();
    socket.on('error', () => {});
    pending--;
    const ms = performance.now() - planned;
    if (outcome === 'inTime' && ms > patienceMs) outcome = 'gaveUp';
    if (outcome === 'inTime' || outcome === 'shed') perSecond[second][outcome]++;
    if (count) {
      count[outcome]++;
      if (outcome === 'inTime') count.ms.push(ms);
    }
    const isUsable = !isFresh && (outcome === 'inTime' || outcome === 'shed');
    if (!isUsable) return socket.destroy();
    socket.once('close', () => {
      const at = idle.indexOf(socket);
      if (at >= 0) idle.splice(at, 1);
    });
    idle.push(socket);
  };
  const timer = setTimeout(end, patienceMs - (performance.now() - planned), 'gaveUp');
  socket.on('data', (data) => {
    text += data.toString('latin1');
    const headEnd = text.indexOf('\r\n\r\n') + 4;
    if (headEnd < 4) return;
    const length = Number(text.match(/^content-length: *(\d+)/im)?.[1]);
    if (Number.isNaN(length) ? !text.endsWith('0\r\n\r\n') : text.length < headEnd + length) return;
    end(text.startsWith('HTTP/1.1 200') ? 'inTime' : text.startsWith('HTTP/1.1 503') ? 'shed' : 'failed');
  });
  socket.on('error', () => end('failed'));
  socket.on('end', () => end('failed'));
  socket.write(heads[isFresh ? 'close' : 'keep-alive']);
}

let phase = 0;
let from = start;
let next = start;
const timer = setInterval(() => {
  const now = performance.now();
  while (phase < phases.length && next <= now) {
    const { rate, seconds, settle } = phases[phase];
    if (next >= from + seconds * 1_000) {
      from += seconds * 1_000;
      phase++;
      continue;
    }
    ask(next, next - from >= settle * 1_000 ? counts[phase] : undefined);
    // Poisson: people do not come in step.
    next += (-Math.log(1 - Math.random()) * 1_000) / rate;
  }
  if (phase < phases.length || pending > 0) return;
  clearInterval(timer);
  process.stdout.write(JSON.stringify({ phases: counts, perSecond }), () => process.exit());
}, TICK_MS);
