/** Knocks until a server answers 200: how a start-up is timed. */
import net from 'node:net';
import tls from 'node:tls';

const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';
const AGAIN_MS = 1;

/**
 * Resolves with the moment (`performance.now()`) of the first 200.
 * @param {number} port @param {number} deadlineMs @param {boolean} secure by HTTPS @returns {Promise<number>}
 */
export function firstAnswer(port, deadlineMs = 20_000, secure = false) {
  const end = performance.now() + deadlineMs;
  return new Promise((resolve, reject) => {
    const knock = () => {
      if (performance.now() > end) return reject(new Error(`no answer within ${deadlineMs} ms`));
      let answered = false;
      const target = { port, host: '127.0.0.1', noDelay: true };
      const socket = secure ? tls.connect({ ...target, rejectUnauthorized: false }) : net.connect(target);
      socket.setTimeout(deadlineMs, () => socket.destroy());
      socket.once(secure ? 'secureConnect' : 'connect', () => socket.write(REQUEST));
      socket.once('data', (data) => {
        answered = data.toString('latin1', 0, 12) === 'HTTP/1.1 200';
        if (answered) resolve(performance.now());
        socket.destroy();
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        if (!answered) setTimeout(knock, AGAIN_MS);
      });
    };
    knock();
  });
}
