import { orNone, text, texts, wholeNumber } from '../kinds.ts';
import { files, path } from '../path-kinds.ts';
import { section } from '../row.ts';
import { variables } from '../variables-kind.ts';

export const application = section('Application', {
  app: {
    kind: text('APP[:NAME]', 'the path of a file, with :name for a named export'),
    flag: undefined,
    default: 'required',
    summary: 'The file to serve; :NAME picks a named export',
    details:
      'It exports a request handler, an `http.Server`, a Fastify or Koa app or a fetch handler, or it calls `listen` itself. On the command line it is the one word without a flag. It is resolved from `--chdir`.',
    reloadable: true,
  },
  appArgs: {
    kind: texts,
    flag: undefined,
    alsoEnv: 'none',
    default: [],
    summary: 'Arguments for the app, in its process.argv: everything after --',
    reloadable: true,
    worker: true,
  },
  appPort: {
    kind: orNone(wholeNumber(1, 65_535), 0),
    default: 0,
    summary: 'The port that the app itself asks for in listen(): the server that does is the app',
    details:
      'For an app with several HTTP servers; a WARN line names it where it is needed. tshorn does not bind this port: see [Operating](operating.md#which-of-several-servers-is-the-app).',
    reloadable: true,
    worker: true,
  },
  cwd: {
    kind: path('DIR', 'the path of a directory'),
    flag: 'chdir',
    alsoEnv: ['TSHORN_CHDIR'],
    default: { compute: ({ cwd }) => cwd, inWords: 'the current directory' },
    summary: 'The directory to run the app in',
    details:
      'A path on the command line or in the environment starts from the current directory; one in a config file starts from the directory of that file. tshorn looks for the config file here too. Each reload follows a symbolic link in the path again.',
    reloadable: true,
  },
  release: {
    kind: orNone(
      text(
        'NAME',
        'a name of 1 to 100 letters, digits and other visible ASCII characters, without spaces',
        /^[\x21-\x7e]{1,100}$/,
      ),
      undefined,
    ),
    default: {
      compute: () => undefined,
      inWords:
        'found out: the directory of the release, its Git tag or commit, or the version in package.json',
    },
    summary: 'The name of the release, as status, releases, the log and rollback use it',
    details:
      'Each reload finds the name out again; where it is given, give it in the config file, which a reload reads again. The app has it as `TSHORN_RELEASE`. See [Releases](releases.md).',
    reloadable: true,
  },
  env: {
    kind: variables,
    flag: undefined,
    alsoEnv: 'none',
    default: {},
    summary: 'Variables for the environment of the workers',
    details:
      'They win over the environment of the master and over `envFile`. In a script, `undefined` sets nothing. The master itself does not use them: see [Operating](operating.md#environment-files). `--print-config` shows the names alone.',
    reloadable: true,
  },
  envFile: {
    kind: files,
    // Not --env-file: Node looks for that one behind the script's name too. docs/decisions/environment-file-flag.md
    flag: 'environment-file',
    default: [],
    summary: 'A file of NAME=value lines for the environment of the workers; repeatable',
    details:
      "Read at the start and again at each reload. As with Node's own `--env-file`, the environment wins over the file, and a later file wins over an earlier one. The master itself does not use the variables: see [Operating](operating.md#environment-files).",
    reloadable: true,
  },
  nodeOptions: {
    dashed: true,
    kind: orNone(text('OPTIONS', 'options of Node, as in NODE_OPTIONS'), undefined),
    default: undefined,
    summary: 'Options of Node for the workers alone, behind those of NODE_OPTIONS',
    details:
      'For agents and loaders (`--import ./instrument.mjs`) and for limits (`--max-old-space-size=512`). See [Operating](operating.md#agents-and-other-preloaded-modules).',
    reloadable: true,
  },
});
