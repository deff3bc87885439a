// What TypeScript and Babel make of `export default handler`.
Object.defineProperty(exports, '__esModule', { value: true });
const routes = import('./node-routes.mjs');
exports.default = async (req, res) => (await routes).handle(req, res);
