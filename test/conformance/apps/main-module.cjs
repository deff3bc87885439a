// Unmodified: logs a line while it loads, listens only as the main module, and exports the app for its tests.
const path = require('node:path');
const express = require('express');

const app = express();
app.use(async (req, res, next) => (await import('./express.mjs')).default(req, res, next));
console.log(`starting ${path.basename(require.main.filename)}`);
if (require.main === module) app.listen(3000);
exports.app = app;
