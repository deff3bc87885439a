// `named-exports.mjs:api` is served; the module has no default export.
import { handle } from './node-routes.mjs';

export const notAnApp = 1;
export const api = (req, res) => handle(req, res);
