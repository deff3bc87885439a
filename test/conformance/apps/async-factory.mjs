// A factory that takes its time: a second until the database is connected, as it were.
import { handle } from './node-routes.mjs';
import { later } from './shared.mjs';

export default async function createApp() {
  await later(1000);
  return (req, res) => handle(req, res);
}
