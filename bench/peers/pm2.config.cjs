// PM2's cluster mode with its graceful start and graceful stop: pm2-app.mjs says `ready` and hears SIGINT.
module.exports = {
  apps: [
    {
      name: 'bench',
      script: `${process.env.PEERS}/pm2-app.mjs`,
      cwd: process.env.SCRATCH,
      exec_mode: 'cluster',
      instances: Number(process.env.WORKERS),
      wait_ready: true,
      listen_timeout: 10_000,
      kill_timeout: 30_000,
      out_file: '/dev/null',
      error_file: '/dev/null',
      env: { PORT: process.env.PORT },
    },
  ],
};
