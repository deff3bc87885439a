// Bundles the parts of undici that the commands use, its client: the whole takes twice as long to load. A version of
// undici that has moved one of these files fails the build.
const INDEX = `
const Client = require('./lib/dispatcher/client.js');
Object.assign(Client.prototype, { request: require('./lib/api/api-request.js') });
module.exports = { Client };
`;

/** @type {import('esbuild').Plugin} */
export const undiciParts = {
  name: 'undici-parts',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/undici\/index\.js$/ }, () => ({ contents: INDEX }));
    // Nothing here speaks HTTP/2; loading node:http2 alone takes 15 ms.
    build.onLoad({ filter: /\/node_modules\/undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: '',
    }));
  },
};
