// tshorn finds this file in the directory where it is started. `tshorn --print-config` shows every option with its
// value and the source of the value. The command line and TSHORN_... variables win over this file.
import { defineConfig } from 'tshorn';

export default defineConfig({
  app: 'app.mjs',
  bind: '127.0.0.1:8000',
  workers: 2,
  grace: '20s',

  hooks: {
    // Runs in the master, once, when the first worker is ready.
    whenReady: (master) => {
      master.log.info(`ready to serve, master pid ${master.pid}`);
    },

    // Runs in each worker after it has loaded the app: connect to a database here, for example. The worker takes no
    // traffic before this has settled. If it throws, the worker is broken.
    postWorkerInit: async (worker) => {
      worker.log.info(`worker ${worker.slot} of generation ${worker.generation} is warm`);
    },

    // Runs in each worker before it exits.
    workerExit: (worker) => {
      worker.log.info(`worker ${worker.slot} of generation ${worker.generation} exits`);
    },
  },
});
