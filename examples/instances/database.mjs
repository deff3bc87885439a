// Database connections: the old worker gives its own back when it drains, so that a reload needs those of one worker more,
// and not twice as many. A real app does this with its pool: `await pool.end()`, and a new pool at the next query.
import { once } from 'node:events';
import net from 'node:net';
import { worker } from 'tshorn/worker';

let connection;

async function database() {
  connection ??= connect();
  return connection;
}

async function connect() {
  const socket = net.connect(Number(process.env.DATABASE_PORT ?? 5432));
  const [greeting] = await once(socket, 'data');
  if (!String(greeting).startsWith('welcome')) throw new Error(`database: ${greeting}`);
  return socket;
}

worker.on('drain', async () => {
  const old = connection;
  // A request that is still in flight gets a connection of its own.
  connection = undefined;
  (await old)?.end();
});

await database();

export default async (_request, response) => {
  const socket = await database();
  socket.write('now\n');
  const [answer] = await once(socket, 'data');
  response.end(String(answer));
};
