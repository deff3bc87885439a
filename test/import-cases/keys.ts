/** The other keys, each with its odd values. */
import { api, type Case, PORT_3000 } from './expected.ts';

export const KEYS: readonly Case[] = [
  {
    file: 'wait-ready.config.js',
    apps: api({
      has: [
        'waitReady: true,',
        "bootTimeout: '30s', // listen_timeout: 10000",
        "grace: '5s', // kill_timeout: 5000",
      ],
      notes: { listen_timeout: 'differs' },
    }),
  },
  {
    file: 'memory.json',
    apps: {
      text: { has: ["maxMemory: '300MB', // max_memory_restart: 300M"], serves: {} },
      bytes: { has: ["maxMemory: '1GB',"], serves: {} },
      wrong: { hasNot: ['maxMemory'], notes: { max_memory_restart: 'left-out' }, serves: {} },
    },
  },
  {
    file: 'logs.config.js',
    apps: {
      one: { has: ["outputFile: './out.log', // out_file, error_file"], serves: {} },
      two: { has: ["outputFile: 'out.log', // out_file:"], notes: { error_file: 'differs' }, serves: {} },
      combined: { has: ["outputFile: 'logs/all.log', // log_file:"], notes: { log_file: 'differs' } },
      off: { has: ["outputFile: '/dev/null', // disable_logs"], serves: {} },
      nowhere: { has: ["outputFile: '/dev/null', // out_file, error_file"], serves: {} },
      dated: { notes: { log_date_format: 'left-out', time: 'left-out', log_type: 'left-out' }, serves: {} },
    },
  },
  {
    file: 'instance-variables.config.js',
    apps: api({
      has: ['process.env.INSTANCE_ID = String(worker.slot); // instance_var'],
      serves: { env: { INSTANCE_ID: /^[01]$/, METRICS_PORT: /^910[01]$/ } },
    }),
  },
  { file: 'increment-port.config.js', apps: api({ has: PORT_3000, notes: { increment_var: 'left-out' } }) },
  {
    file: 'restarts.config.js',
    apps: api({
      notes: {
        autorestart: 'left-out',
        stop_exit_codes: 'left-out',
        max_restarts: 'left-out',
        min_uptime: 'left-out',
        restart_delay: 'left-out',
        exp_backoff_restart_delay: 'left-out',
        cron_restart: 'left-out',
        autostart: 'left-out',
      },
    }),
  },
  {
    file: 'watch.config.js',
    apps: {
      list: {
        has: [
          "watchPath: ['src', 'views'], // watch; read with --watch",
          "watchIgnore: ['*.tmp', 'src/made'], // ignore_watch",
        ],
        notes: { watch: 'differs', ignore_watch: 'left-out' },
        serves: {},
      },
      folder: { has: ["watchPath: ['web/views']"], notes: { watch: 'differs' }, serves: {} },
      all: { hasNot: ['watchPath', 'watchIgnore'], notes: { watch: 'differs' }, serves: {} },
      off: { serves: {} },
    },
  },
  {
    file: 'generated-by-pm2.config.js',
    apps: {
      index: {
        has: ["app: 'index.js', // script"],
        notes: { script: 'differs', bind: 'differs', watch: 'differs' },
      },
      'service-worker': {
        has: ["app: './service-worker/', // script", "watchPath: ['service-worker']"],
        notes: { bind: 'differs', watch: 'differs' },
        serves: { folder: /^tshorn-/ },
      },
    },
    general: ['deploy of generated-by-pm2.config.js'],
  },
  {
    file: 'camel-case.config.js',
    apps: api({
      has: ["maxMemory: '1GB'", "grace: '3s'", 'waitReady: true', "outputFile: 'out.log'", '--no-warnings'],
      serves: { env: { INSTANCE_ID: '0' } },
    }),
  },
  {
    file: 'unknown-keys.config.js',
    apps: api({ notes: { instancse: 'unknown', envs: 'unknown', health_check: 'unknown' } }),
  },
  { file: 'nothing-lost.config.js', apps: api({ notes: { vizion: 'unneeded', namespace: 'unneeded' } }) },
  {
    file: 'dashboard.config.js',
    apps: api({
      notes: {
        trace: 'left-out',
        v8: 'left-out',
        event_loop_inspector: 'left-out',
        deep_monitoring: 'left-out',
        io: 'left-out',
        post_update: 'left-out',
        filter_env: 'left-out',
      },
    }),
  },
  {
    file: 'source-maps.config.js',
    apps: api({ serves: { env: { NODE_OPTIONS: '--enable-source-maps' } } }),
  },
  {
    file: 'ports.config.js',
    apps: {
      literal: { has: ["bind: ':4567', // line 4 of listens-on-4567.js"], serves: {} },
      'own-variable': { has: ["bind: ':4568', // env.APP_PORT"], serves: {} },
      'own-default': { has: ["bind: ':8080', // line 4 of asks-for-app-port.mjs"], serves: {} },
      local: { has: ["bind: 'localhost:4569', // env.HOST and env.PORT"], serves: {} },
      socket: { has: ["bind: 'unix:/tmp/app.sock'"], serves: {} },
      unsaid: { has: ['// bind: '], notes: { bind: 'differs' }, serves: {} },
    },
  },
  {
    file: 'same-address.config.js',
    apps: { one: { serves: {} }, two: { notes: { bind: 'differs' }, serves: {} } },
  },
  {
    file: 'names.config.js',
    args: ['--env', 'blue', '--only', 'named-blue,app'],
    apps: {
      'named-blue': { serves: { env: { APP_COLOUR: 'blue' } } },
      app: { serves: {} },
    },
  },
  {
    file: 'names.config.js',
    apps: {
      'The API (v2)': { serves: {} },
      same: { serves: {} },
      'same-2': { serves: {} },
      named: { notes: { env_blue: 'left-out' }, serves: {} },
      'line\n};break': { serves: {} },
      app: { serves: {} },
    },
  },
  {
    file: 'user.config.js',
    apps: {
      api: {
        has: ["user: 'nobody', // uid", "group: 'nogroup', // gid", "pidFile: './api.pid', // pid_file"],
        notes: { pid_file: 'differs' },
      },
    },
  },
  { file: 'static.config.js', apps: { 'static-page-server-8080': { refused: /npm install serve/ } } },
];
