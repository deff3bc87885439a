// Found by itself in the directory where tshorn is started. `tshorn --print-config` shows every option
// with its value and where that came from; the command line and TSHORN_... variables win over this file.
import { defineConfig } from 'tshorn';

export default defineConfig({
  app: 'app.mjs',
  bind: '127.0.0.1:8000',
  workers: 2,
  grace: '20s',

  hooks: {
    // In the master, once, when the first worker is in service.
    whenReady: (master) => {
      master.log.info(`ready to serve, master pid ${master.pid}`);
    },

    // In each worker after it has loaded the app: the place to warm up. The worker takes no traffic
    // until this is done, and when it throws the worker counts as broken.
    postWorkerInit: async (worker) => {
      worker.log.info(`worker ${worker.slot} of generation ${worker.generation} is warm`);
    },

    // In each worker, before it exits.
    workerExit: (worker) => {
      worker.log.info(`worker ${worker.slot} of generation ${worker.generation} says goodbye`);
    },
  },
});
