const routes = import('./node-routes.mjs');

module.exports = async (req, res) => (await routes).handle(req, res);
