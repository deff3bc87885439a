import { oneOf, orNone } from '../kinds.ts';
import { path } from '../path-kinds.ts';
import { section } from '../row.ts';

export const logging = section('Logging', {
  logLevel: {
    kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
    default: 'info',
    summary: 'The least important level that is logged',
    reloadable: true,
  },
  logFormat: {
    kind: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    summary: 'The format of a log line; auto: pretty on a terminal, JSON elsewhere',
    reloadable: false,
  },
  logFile: {
    kind: orNone(path('PATH', 'the path of a file'), undefined),
    default: undefined,
    summary: 'The file to append the log to, instead of standard error',
    details: 'A relative path starts from `--chdir`.',
    reloadable: false,
  },
  outputFile: {
    kind: orNone(path('PATH', 'the path of a file'), undefined),
    default: undefined,
    summary: 'The file to append to what the workers print, instead of standard output and standard error',
    details:
      'A relative path starts from `--chdir`. `USR1` opens it again, together with the log file. See [Operating](operating.md#what-the-workers-print).',
    reloadable: false,
  },
});
