/** Forms of the file, of the environment, and of what runs. */
import { api, type Case, PORT_3000 } from './expected.ts';

export const FORMS: readonly Case[] = [
  {
    file: 'minimal.config.js',
    apps: {
      server: {
        has: ["app: './server.js', // script", 'workers: 1, //', "bind: ':3000', // line 16 of ./server.js"],
        serves: { args: [], file: 'server.js', env: { NODE_APP_INSTANCE: '0' } },
      },
    },
  },
  {
    file: 'instances-max.config.js',
    apps: api({
      has: [...PORT_3000, '// workers: one per CPU, the default (instances: max)'],
      hasNot: ['workers: 1'],
    }),
  },
  {
    file: 'instances-zero.json',
    apps: api({ has: ['// workers: one per CPU, the default (instances: 0)'] }),
  },
  {
    file: 'instances-negative.config.cjs',
    apps: api({
      has: [
        'workers: Math.max(1, availableParallelism() - 1), // instances: -1',
        "bind: ':3000', // env.PORT",
      ],
      serves: { env: { PORT: '3000' } },
    }),
  },
  { file: 'instances-as-text.config.js', apps: api({ has: ['workers: 2, // instances'] }) },
  { file: 'fork-mode.config.js', apps: api({ has: ['workers: 2,'], notes: { exec_mode: 'unneeded' } }) },
  {
    file: 'array.config.js',
    apps: {
      one: { has: ["bind: ':3001'", "pidFile: 'tshorn.one.pid'"], serves: { file: 'server.js' } },
      two: { has: ["bind: ':3002'", "pidFile: 'tshorn.two.pid'"], serves: { file: 'app.js' } },
    },
  },
  {
    file: 'single-object.config.cjs',
    apps: { alone: { has: ["app: 'server'"], serves: { file: 'server.js' } } },
  },
  { file: 'package-key.json', apps: api({ has: PORT_3000 }) },
  { file: 'comments.json', apps: api({ serves: { args: ['--first', '--second'] } }) },
  { file: 'default-export.config.mjs', apps: api({ serves: { env: { APP_FORM: 'default' } } }) },
  { file: 'named-export.config.mjs', apps: api({ serves: { env: { APP_FORM: 'named' } } }) },
  { file: 'function.config.js', apps: api({}) },
  {
    file: 'environments.config.js',
    apps: api({
      has: PORT_3000,
      notes: { env_production: 'left-out', env_staging: 'left-out' },
      serves: { env: { NODE_ENV: 'development', APP_LEVEL: 'debug' } },
    }),
  },
  {
    file: 'environments.config.js',
    args: ['--env', 'production'],
    apps: api({
      has: ["bind: ':8080', // env.PORT", '// env, and env_production over it'],
      notes: { env_staging: 'unneeded' },
      serves: { env: { NODE_ENV: 'production', PORT: '8080', APP_LEVEL: 'debug' } },
    }),
  },
  {
    file: 'environments.config.js',
    args: ['--env', 'stagign'],
    apps: api({ notes: { env_stagign: 'differs', env_production: 'unneeded', env_staging: 'unneeded' } }),
  },
  {
    file: 'values-of-env.config.js',
    apps: api({
      serves: {
        env: {
          PORT: '3000',
          APP_NUMBER: '4.5',
          APP_YES: 'true',
          APP_OBJECT: '{"a":[1,"two"]}',
          APP_EMPTY: '',
          'APP_DASHED-NAME': 'it\'s "quoted"\n',
        },
      },
    }),
  },
  {
    file: 'reads-its-environment.config.js',
    env: { APP_SECRET: 'hush', TOKEN_OF_SHELL: 'quiet', APP_PART: 'pieces', NODE_ENV: 'production' },
    apps: api({
      notes: { env: 'differs' },
      has: [
        "NODE_ENV: 'production',",
        'APP_SECRET: process.env.APP_SECRET,',
        'APP_TOKEN: process.env.TOKEN_OF_SHELL,',
        'APP_UNSET: process.env.APP_UNSET,',
        "APP_LEVEL: process.env.APP_LEVEL || 'info',",
        "APP_MADE: 'made of pieces',",
      ],
      hasNot: ['hush', 'quiet'],
      serves: { env: { APP_SECRET: 'hush', APP_TOKEN: 'quiet', APP_LEVEL: 'info' } },
    }),
    general: ['process.env in reads-its-environment.config.js'],
  },
  {
    file: 'env-file.config.js',
    apps: api({
      has: ["envFile: ['web/app.env'], // --env-file", "nodeOptions: '--no-warnings', // node_args"],
      notes: { env_file: 'left-out' },
      serves: { env: { APP_FROM_FILE: 'yes' } },
    }),
  },
  {
    file: 'deploy.config.js',
    args: ['--env', 'production'],
    apps: api({
      serves: { env: { NODE_ENV: 'production', APP_OVER: 'env' } },
    }),
    general: ['deploy of deploy.config.js'],
  },
  {
    file: 'args-as-text.config.js',
    apps: api({
      has: [
        "appArgs: ['--port', '3005', '--title', 'two words', '-x'], // args",
        "bind: ':3005', // args: --port",
      ],
      serves: { args: ['--port', '3005', '--title', 'two words', '-x'] },
    }),
  },
  {
    file: 'node-args.config.js',
    apps: api({
      has: ["nodeOptions: '--max-old-space-size=128 --no-warnings', // node_args"],
      notes: { node_args: 'left-out' },
      serves: { env: { NODE_OPTIONS: '--max-old-space-size=128 --no-warnings' } },
    }),
  },
  {
    file: 'interpreter-node.config.js',
    apps: {
      same: { has: ["nodeOptions: '--no-warnings'"], serves: {} },
      other: { notes: { interpreter: 'differs' }, serves: {} },
    },
  },
  {
    file: 'interpreter-loader.config.js',
    apps: {
      tsx: { has: ["nodeOptions: '--import tsx', // interpreter"] },
      'ts-node': { has: ["nodeOptions: '-r ts-node/register', // interpreter"] },
      none: { hasNot: ['nodeOptions'], notes: { script: 'differs' } },
    },
  },
  {
    file: 'not-node.config.js',
    apps: {
      python: { refused: /jobs\.py is run by python, and tshorn serves Node apps/ },
      interpreter: { refused: /python3 runs it, and tshorn serves Node apps/ },
      shell: { refused: /bash runs it/ },
      none: { refused: /start\.sh is run by bash/ },
      bun: { refused: /bun runs it/ },
      piped: { refused: /npm run many runs "node app\.js \| tee log": only a shell understands/ },
      command: { refused: /no file or command "some-command-that-is-not-here"/ },
      nothing: { refused: /it has no script/ },
      files: { refused: /it is the file server of PM2 \("serve"\): npm install serve/ },
    },
  },
  {
    file: 'npm-start.config.js',
    apps: {
      web: {
        has: ["app: 'app.js', // script: npm start", "cwd: 'web', // cwd", "nodeOptions: '--no-warnings'"],
        notes: { script: 'left-out' },
        serves: { args: ['--from-script'], folder: 'web', env: { APP_BY: 'npm' } },
      },
    },
  },
  {
    file: 'npm-run.config.js',
    apps: {
      list: { has: ['// script: npm run serve'], serves: { args: ['--inner', '--extra'] } },
      yarn: { notes: { script: 'left-out' }, serves: { args: ['--from-script'] } },
      text: {
        has: ['// script: npm run chain'],
        notes: { script: 'left-out' },
        serves: { args: ['--last'] },
      },
    },
  },
  {
    file: 'command-line.config.js',
    apps: {
      line: { serves: { args: ['--x'], env: { APP_BY: 'line', NODE_OPTIONS: '--no-warnings' } } },
      shell: { notes: { script: 'left-out' }, serves: { args: [] } },
      node: { serves: { args: ['--y'], env: { APP_PRELOADED: 'yes' } } },
    },
  },
  {
    // A port among the arguments wins over PORT, as in the frameworks.
    file: 'framework.config.js',
    apps: {
      bin: {
        has: ["app: 'next',", "bind: ':4000'", 'workers: 2'],
        serves: { args: ['start', '-p', '4000'] },
      },
      inside: { has: ["app: 'next',", "bind: ':3000', // the default of next"], serves: { args: ['start'] } },
      npx: { has: ["app: 'next',", "bind: '0.0.0.0:4001', // env.HOST and env.PORT"], serves: {} },
      word: { has: ["app: 'next',", "bind: ':4002'"], serves: {} },
    },
  },
];
