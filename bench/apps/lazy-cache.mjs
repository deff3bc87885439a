/**
 * An app with something to warm up: each of 25 pages is computed when it is first asked for and kept, and
 * every answer builds its JSON. Nothing of it runs at the start.
 */
const PAGES = 25;
const ROWS = 200;
/** About 5 ms of work each once compiled: a template, say, or what a query has brought. */
const EFFORT = 20_000;

const cache = new Map();
let asked = 0;

function compute(page) {
  let names = Array.from({ length: EFFORT }, (_, at) => `name ${(at * 7919 + page) % EFFORT}`);
  names = names.sort().filter((_, at) => at % (EFFORT / ROWS) === 0);
  return names.map((name, id) => ({ id, name, page }));
}

export default function app(request, response) {
  if (request.url === '/_status') return response.end('ok\n');
  const page = asked++ % PAGES;
  let rows = cache.get(page);
  if (!rows) {
    rows = compute(page);
    cache.set(page, rows);
  }
  const items = rows.map(({ id, name }) => ({ id, name, link: `/items/${id}`, initials: name.slice(0, 2) }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ page, pid: process.pid, items }));
}
