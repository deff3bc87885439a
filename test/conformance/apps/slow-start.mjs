import { handle } from './node-routes.mjs';
import { later } from './shared.mjs';

await later(1000);

export default (req, res) => handle(req, res);
