// The app of the picture: fast and slow answers, a request that crashes it and one that hangs it.
import { createServer } from 'node:http';

function render(milliseconds) {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}
const priceOf = ({ items }) => items.reduce((sum, { price }) => sum + price, 0);
const isCoupon = (code) => /^(?:a+)+$/.test(code);

const PATHS = {
  '/missing': ({ later }) => later(1, 404),
  '/old': ({ later }) => later(0, 301),
  '/flaky': ({ later }) => later(30, 503),
  '/search': ({ later }) => later(8 + 60 * Math.random() ** 3),
  '/report': ({ later }) => later(180 + 500 * Math.random()),
  '/checkout': () => {
    console.error('basket 4711 has no items');
    priceOf({});
  },
  '/coupon': () => isCoupon(`${'a'.repeat(50)}!`),
};

createServer((request, response) => {
  const later = (milliseconds, status = 200) =>
    setTimeout(() => {
      render(1);
      response.writeHead(status).end('ok\n');
    }, milliseconds);
  const answer = PATHS[request.url];
  if (answer) return void answer({ later });
  render(0.5 + 1.5 * Math.random());
  response.end('ok\n');
}).listen(process.env.PORT);
