import { handle } from './node-routes.mjs';

export default function app(req, res) {
  return handle(req, res);
}
