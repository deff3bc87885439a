/**
 * A load generator that costs little: request bytes made once, responses counted by their length, a
 * request sent as soon as the last one is answered. A process of its own, so that its work is not the
 * bench's: `node raw.mjs '{"port": 8000, "keepAlive": true, "connections": 32, "seconds": 2}'`.
 * Prints `{"answered", "failed", "seconds"}`.
 */
import net from 'node:net';

const { port, keepAlive, connections, seconds } = JSON.parse(process.argv[2]);
const request = Buffer.from(
  `GET / HTTP/1.1\r\nHost: bench\r\nConnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`,
);
const STATUS = Buffer.from('HTTP/1.1 200');
const target = { port, host: '127.0.0.1', noDelay: true };

let answered = 0;
let failed = 0;
let over = false;
const open = new Set();

/** Every response of one server has the same length: asked once, by a request of its own. */
const lengthOfAnswer = () =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(target, () => socket.write(request));
    socket.once('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      const end = text.indexOf('\r\n\r\n') + 4;
      const chunked = /^transfer-encoding: *chunked/im.test(text);
      const length = Number(text.match(/^content-length: *(\d+)/im)?.[1]);
      if (end < 4 || text.length < end + length) return;
      if (chunked || Number.isNaN(length)) reject(new Error('the app must send a content-length'));
      socket.destroy();
      resolve(end + length);
    });
  });

const length = await lengthOfAnswer();

function connect() {
  let received = 0;
  let settled = false;
  const socket = net.connect(target, () => socket.write(request));
  open.add(socket);
  socket.on('data', (data) => {
    if (received === 0 && data.compare(STATUS, 0, STATUS.length, 0, STATUS.length) !== 0) failed++;
    received += data.length;
    if (received < length) return;
    received = 0;
    if (over) return;
    answered++;
    if (keepAlive) socket.write(request);
    else settled = true;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    open.delete(socket);
    if (over) return;
    if (!settled) failed++;
    // After a failure a pause: a server that is gone must not be knocked at in a tight loop.
    if (settled) connect();
    else setTimeout(connect, 50);
  });
}

const start = performance.now();
for (let count = 0; count < connections; count++) connect();
setTimeout(() => {
  over = true;
  const elapsed = (performance.now() - start) / 1000;
  for (const socket of open) socket.destroy();
  process.stdout.write(JSON.stringify({ answered, failed, seconds: elapsed }), () => process.exit());
}, seconds * 1000);
