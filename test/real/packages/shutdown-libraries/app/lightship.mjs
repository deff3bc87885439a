import http from 'node:http';
import { createLightship } from 'lightship';

const server = http.createServer((_req, res) => res.end('ok'));
const lightship = await createLightship({ detectKubernetes: false, port: 0, shutdownDelay: 100 });

lightship.registerShutdownHandler(async () => {
  await new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
  console.log('cleaned up');
});

server.listen(process.env.PORT || 3000, () => lightship.signalReady());
