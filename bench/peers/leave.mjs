/**
 * Ends a Node process with care: it stops accepting, closes idle connections (Node does, in close()),
 * finishes its requests, and says `Connection: close` in each answer: otherwise busy keep-alive clients
 * would keep it until it is killed.
 * @param {import('node:http').Server} server @returns {() => void} to be called once
 */
export function leaving(server) {
  let draining = false;
  server.prependListener('request', (_request, response) => {
    if (draining) response.setHeader('Connection', 'close');
  });
  return () => {
    draining = true;
    server.close(() => process.exit());
  };
}
