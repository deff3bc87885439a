/** Follows PM2's documentation: report readiness, and on SIGINT stop accepting, finish, and exit. */
import { leaving } from './leave.mjs';

const { default: server } = await import(String(process.env.BENCH_APP));

const leave = leaving(server);
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'));
process.once('SIGINT', leave);
