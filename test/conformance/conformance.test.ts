/** Every kind of app behind the real `tshorn`, held to one list of promises. */
import { startServer } from '../support/server.ts';
import { APPS_FOLDER } from './apps.ts';
import { runConformance } from './list.ts';

runConformance(async (app) => {
  const server = await startServer(app, { cwd: APPS_FOLDER });
  return { port: server.port, log: () => server.story, stop: () => server.end() };
});
