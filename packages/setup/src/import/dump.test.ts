import { fromDump, isDump } from './dump.ts';

const process = (id: number) => ({
  name: 'api',
  pm_id: id,
  pm_exec_path: '/srv/app/server.js',
  pm_cwd: '/srv/app',
  args: ['--verbose'],
  node_args: [],
  exec_mode: 'cluster_mode',
  exec_interpreter: 'node',
  max_memory_restart: 314_572_800,
  autorestart: true,
  merge_logs: false,
  pm_out_log_path: '/root/.pm2/logs/api-out.log',
  pm_err_log_path: '/var/log/api.err',
  pm_pid_path: '/root/.pm2/pids/api-0.pid',
  unique_id: 'x',
  env: {
    PORT: '3000',
    TOKEN: 'a',
    PATH: '/bin',
    SSH_TTY: '/dev/pts/1',
    EDITOR: 'vi',
    api: {},
    PM2_HOME: '/root/.pm2',
  },
});

it('the processes of an app are one app, with the variables that the shell has not', () => {
  const entries = [process(0), process(1)];
  expect(isDump(entries)).toBe(true);
  expect(fromDump(entries, { EDITOR: 'vi' })).toEqual([
    {
      name: 'api',
      script: '/srv/app/server.js',
      cwd: '/srv/app',
      args: ['--verbose'],
      exec_mode: 'cluster_mode',
      exec_interpreter: 'node',
      instances: 2,
      max_memory_restart: 314_572_800,
      autorestart: true,
      error_file: '/var/log/api.err',
      env: { PORT: '3000', TOKEN: 'a' },
    },
  ]);
});
