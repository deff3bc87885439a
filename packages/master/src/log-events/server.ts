import type { Rows } from './row.ts';

/** The server as a whole: start, stop, re-exec, and what surrounds the process. */
export const SERVER = {
  listening: {
    level: 'info',
    fields:
      '`address`, `port`, `source` (`bound`, `systemd`, `inherited`), `redirect` (of `--redirect-http`)',
    when: 'The master listens on an address.',
  },
  'certificates-swapped': {
    level: 'info or warn',
    fields:
      '`certificates` (`file`, `names`, `notAfter`), `tookMs`, `silent` (workers that did not answer in time)',
    when: 'All workers use new [certificates](tls.md), from one moment on.',
  },
  'certificates-refused': {
    level: 'error',
    fields: '`reason`',
    when: 'New [certificates](tls.md) cannot be used, and the old ones serve on. Logged for each change of the files and each reload.',
    todo: 'Correct what `reason` names; a file that changes is read again by itself.',
  },
  'certificate-expires': {
    level: 'warn or error',
    fields: '`file`, `names`, `notAfter`',
    when: 'A certificate expires within 14 days, or has expired. Logged once a day.',
    todo: 'Renew it; the new file is used as soon as it is there.',
  },
  'certificate-not-yet-valid': {
    level: 'error',
    fields: '`file`, `names`, `notAfter`',
    when: 'A certificate that serves is not valid yet. Logged once a day.',
    todo: 'Set the clock of this machine, or have the certificate issued anew.',
  },
  'certificate-warning': {
    level: 'warn',
    when: 'Something about a certificate or its key that clients or attackers may find.',
    todo: 'Do what the line says.',
  },
  started: {
    level: 'info',
    fields: '`size`, `tookMs`',
    when: 'All workers are ready for the first time.',
  },
  'sink-failed': {
    level: 'error',
    fields: '`sink`',
    when: 'A receiver of notices threw: a listener of the library, a hook, the log. The server continues.',
    todo: 'Correct the listener or the hook.',
  },
  'effect-failed': {
    level: 'error',
    fields: '`effect`',
    when: 'The system refused an order of the master, such as a fork.',
    todo: 'Look at the limits of the machine: processes, memory, descriptors.',
  },
  'event-lost': {
    level: 'error',
    fields: '`type`',
    when: 'A bug in tshorn: an event could not be handled. The server continues as if it had not come.',
    todo: 'Report the line.',
  },
  'watch-polls': {
    level: 'warn',
    fields: '`directory`, `code`',
    when: 'The system cannot [watch](watch.md) a directory: its files are looked at twice a second instead. Logged once.',
    todo: 'Raise the limit that the line names.',
  },
  'watch-blind': {
    level: 'warn',
    when: 'In [watch mode](watch.md) Node does not report the files that the app loads.',
    todo: 'Name them with `--watch-path`.',
  },
  'watch-endless': {
    level: 'warn',
    fields: '`file`',
    when: 'In [watch mode](watch.md) a file has changed at each of the last starts of the app, which seems to write it. The reloads for it come less and less often.',
    todo: 'Give the file to `--watch-ignore`.',
  },
  control: { level: 'info', fields: '`path`', when: 'The control socket is open.' },
  'admin-listening': {
    level: 'info',
    fields: '`listener` (`admin`, `agent`), `address`',
    when: 'The master answers on an [admin or agent listener](admin.md).',
  },
  'admin-open': {
    level: 'warn',
    when: 'The [admin listener](admin.md) can be reached from other machines, and asks for no token.',
    todo: 'Set `--admin-token`, or bind it to 127.0.0.1.',
  },
  'admin-token': {
    level: 'error',
    when: 'The file of `--admin-token` could not be read any more as a reload committed. The token before stays in force.',
    todo: 'Write the token into the file, and reload.',
  },
  'admin-token-open': {
    level: 'warn',
    when: 'Every user of the machine can read the file of `--admin-token`.',
    todo: '`chmod 600` the file; where Kubernetes mounts it, `defaultMode: 0440`.',
  },
  leaving: {
    level: 'info',
    fields: '`text`',
    when: '`TERM` came and `--stop-delay` runs, or [`tshorn leave`](commands.md#tshorn-leave) was given: the server still serves, and asks for no new traffic.',
  },
  staying: {
    level: 'info',
    fields: '`by`, `tookMs`',
    when: '[`tshorn stay`](commands.md#tshorn-stay) has ended a `tshorn leave`.',
  },
  stopping: {
    level: 'info or fatal',
    fields: '`text`',
    when: 'The server stops; `fatal` when it gives up its start.',
  },
  stopped: {
    level: 'info, warn or error',
    fields: '`text`, `cleanUps` as of `reload-finished`',
    when: "The last worker has exited; `error` when the exit code is not 0, `warn` when an app's own clean-up failed.",
  },
  're-exec-started': { level: 'info', fields: '`text`, `pid`', when: 'A new master has been started.' },
  're-exec-finished': {
    level: 'info, warn or error',
    fields: '`outcome` (`committed`, `failed`), `pid`, `reason`',
    when: 'The new master is active, or the old one stays active; `warn` when a stop of the server ended the re-exec.',
    todo: 'After `failed`, correct what `reason` names and send `USR2` again.',
  },
  'took-over': {
    level: 'info',
    fields: '`oldMaster` (pid)',
    when: 'The new master owns the PID file and the control socket.',
  },
  'not-reclaimed': {
    level: 'warn',
    when: 'After a re-exec that failed, the PID file or the control socket cannot be reclaimed; the master serves without it.',
    todo: 'Correct what the line names, and send `USR2` again.',
  },
  'workers-are-root': {
    level: 'warn',
    when: 'The app has the rights of root, and no option says that this is intended.',
    todo: 'Set [`--user`](privileges.md).',
  },
  'no-control': {
    level: 'warn',
    fields: '`path`',
    when: 'The control socket could not be opened; the server runs without it.',
    todo: 'Name another path with `--control`.',
  },
  'no-compile-cache': {
    level: 'debug or warn',
    when: 'Workers, or tshorn itself, start without code of the [compile cache](warm-start.md): its directory cannot be used, or a file in it is damaged, which is made anew; `warn` when another user could change the directory or the file.',
    todo: 'Name a safe directory with `CACHE_DIRECTORY`.',
  },
  'stale-pid-file': {
    level: 'info',
    fields: '`path`',
    when: 'The PID file of a dead master is overwritten.',
  },
  'unused-socket': {
    level: 'warn',
    when: '[systemd](systemd.md) passed a socket that no `--bind` names; its clients wait in vain.',
    todo: 'Add `--bind systemd:NAME`, or remove the socket from the unit.',
  },
  'no-systemd': {
    level: 'warn',
    fields: '`reason`',
    when: 'A message to systemd failed; logged once.',
    todo: 'Install `systemd-notify`.',
  },
  zombies: {
    level: 'warn',
    fields: '`count`',
    when: 'tshorn is PID 1, and processes that the app left behind have ended and cannot be reaped.',
    todo: 'Start the container [with an init](containers.md#as-pid-1).',
  },
  'log-reopened': {
    level: 'info',
    fields: '`file`',
    when: 'At `USR1` the master has opened the file again that `--log-file` or `--output-file` names, or has made that of the access log, which it has told the workers to open. A worker that cannot says so (`access-log-not-reopened`).',
  },
  'log-lost': {
    level: 'warn',
    fields: '`lines`, `reason`',
    when: 'Lines of this log could not be written. The line follows as soon as lines can be written again.',
    todo: 'Read the log faster, or make room on the disk.',
  },
  'output-lost': {
    level: 'warn',
    fields: '`reason`; `bytes` when it can be written again',
    when: 'What the workers print could not be written to `--output-file`. A second line follows as soon as it can be written again.',
    todo: 'Make room on the disk.',
  },
  'config-warning': {
    level: 'warn',
    when: 'The configuration has a likely mistake: an option that has no effect without another one, or that is given twice, or a variable that no option has.',
    todo: 'Correct what the line names; `--check-config` prints it as well.',
  },
  preloaded: {
    level: 'warn',
    when: 'A module that Node preloads (`--import`, `--require`) runs in the master too.',
    todo: 'Name them with [`--node-options`](operating.md#agents-and-other-preloaded-modules).',
  },
  'stray-error': {
    level: 'error',
    when: 'An exception in the master was not caught, for example in a timer that a hook started. The server continues.',
    todo: 'Correct the hook that the stack names.',
  },
  'app-metrics-too-long': {
    level: 'warn',
    fields: '`size`, `dropped`',
    when: "The [app's own metrics](app-metrics.md#limits) in a worker are longer than it reports. The metrics that the line names stay in `/metrics` as they were; logged once.",
    todo: 'Give the metric that has most series fewer values of its labels.',
  },
  'app-metrics-name-taken': {
    level: 'warn',
    fields: '`names`',
    when: "Metrics of the [app's own](app-metrics.md#limits) have names that tshorn uses: `/metrics` shows those of tshorn; logged once.",
    todo: 'Give them other names.',
  },
  'app-metrics-forgotten': {
    level: 'warn',
    fields: '`name`',
    when: "The [app's own metrics](app-metrics.md#limits) have more series than tshorn keeps of workers that have left: this metric falls when a worker leaves; logged once.",
    todo: 'Remove labels that are new in each worker.',
  },
  'push-begun': {
    level: 'info',
    fields: '`to`',
    when: 'The master [pushes its metrics](push.md) by OTLP.',
  },
  'push-not-begun': {
    level: 'info or warn',
    when: 'Variables of OpenTelemetry name the exporter `otlp`, and [not all that the master needs](push.md#otlp) to push its metrics.',
    todo: 'Nothing, where they are meant for the app alone. Otherwise set the variable that the line names.',
  },
  'push-failed': {
    level: 'warn',
    fields: '`to`, `reason`',
    when: 'Metrics could not be [pushed](push.md). Logged once, until it works again.',
    todo: 'Look at the collector. No count is lost by OTLP: the next push has all of them.',
  },
  'push-works': {
    level: 'info',
    fields: '`to`, `tookMs`',
    when: 'Metrics are pushed again after a failure.',
  },
} as const satisfies Rows;
