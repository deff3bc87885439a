/** As PM2 documents it: tell when it is ready, and on SIGINT stop accepting, finish, and leave. */
import { server } from './app.mjs';
import { leaving } from './leave.mjs';

const leave = leaving(server);
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'));
process.once('SIGINT', leave);
