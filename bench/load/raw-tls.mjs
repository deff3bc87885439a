/**
 * As raw.mjs, over TLS 1.3: `keepAlive` sends requests one after the other on each connection; `fresh` and `resumed` make a
 * new connection for each request, the latter with a session that was made before the time began, as browsers do.
 * It prints `ready`, waits for a line of its input, and then loads:
 * `echo | node raw-tls.mjs '{"port": 8443, "load": "fresh", "connections": 32, "seconds": 2}'` prints
 * `{"answered", "failed", "resumed", "seconds"}`.
 */
import { once } from 'node:events';
import tls from 'node:tls';

const { port, load, connections, seconds } = JSON.parse(process.argv[2]);
const keepAlive = load === 'keepAlive';
const request = `GET / HTTP/1.1\r\nHost: bench\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`;
const STATUS = Buffer.from('HTTP/1.1 200');
const secureContext = tls.createSecureContext({ minVersion: 'TLSv1.3' });
const target = { port, host: '127.0.0.1', rejectUnauthorized: false, secureContext };

let answered = 0;
let failed = 0;
let resumed = 0;
let over = false;
let used = 0;
const open = new Set();
/** In turns: Node as a server takes a ticket more than once, and gives a connection that resumes no new one. */
const sessions = [];

/** Every response of one server has the same length: asked once, by a request of its own. */
const lengthOfAnswer = () =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = tls.connect(target, () => socket.write(request));
    socket.once('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      const end = text.indexOf('\r\n\r\n') + 4;
      const length = Number(text.match(/^content-length: *(\d+)/im)?.[1]);
      if (end < 4 || text.length < end + length) return;
      socket.destroy();
      if (Number.isNaN(length)) reject(new Error('the app must send a content-length'));
      else resolve(end + length);
    });
  });

const length = await lengthOfAnswer();

function connect() {
  let received = 0;
  let settled = false;
  const session = load === 'resumed' ? sessions[used++ % sessions.length] : undefined;
  const socket = tls.connect({ ...target, session }, () => {
    socket.setNoDelay(true);
    socket.write(request);
  });
  open.add(socket);
  socket.on('data', (data) => {
    if (received === 0 && data.compare(STATUS, 0, STATUS.length, 0, STATUS.length) !== 0) failed++;
    received += data.length;
    if (received < length) return;
    received = 0;
    if (over) return;
    answered++;
    if (socket.isSessionReused()) resumed++;
    if (keepAlive) socket.write(request);
    else settled = true;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    open.delete(socket);
    if (over) return;
    if (!settled) failed++;
    if (settled) connect();
    else setTimeout(connect, 50);
  });
}

/** One for each connection of the load, made before it is timed. */
const newSession = () =>
  new Promise((resolve, reject) => {
    const socket = tls.connect(target, () => socket.write(request));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server has closed without giving a ticket')));
    socket.once('session', (session) => {
      socket.destroy();
      resolve(session);
    });
  });

while (load === 'resumed' && sessions.length < connections) sessions.push(await newSession());

process.stdout.write('ready\n');
await once(process.stdin, 'data');

const start = performance.now();
for (let count = 0; count < connections; count++) connect();
setTimeout(() => {
  over = true;
  const elapsed = (performance.now() - start) / 1000;
  for (const socket of open) socket.destroy();
  const result = { answered, failed, resumed, seconds: elapsed };
  process.stdout.write(JSON.stringify(result), () => process.exit());
}, seconds * 1000);
