import type { Rows } from './row.ts';

const WORKER = '`worker`, `gen`, `pid`';
const IN_STEP = `${WORKER}; in an operation \`step\`, \`of\``;
const FAILED = `${IN_STEP}; \`lastLines\`: up to 20 lines that the worker wrote last to standard error`;

/** One worker: its life, its end, and the signs of trouble. */
export const WORKERS = {
  spawned: { level: 'info', fields: IN_STEP, when: 'A worker process has been started.' },
  loading: {
    level: 'info or warn',
    fields: IN_STEP,
    when: 'An app takes some seconds to load; the text gives what is known of it; `warn` when it serves something that tshorn cannot. Logged once for each worker.',
  },
  booted: {
    level: 'debug, info or warn',
    fields: IN_STEP,
    when: 'The app is loaded; `info`, once for each generation, when it answers its [probe](reload.md#each-worker-step-by-step) otherwise than with 2xx and no `--status-path` is set; `warn` when its probe failed and it is admitted all the same.',
  },
  probing: {
    level: 'debug or warn',
    fields: IN_STEP,
    when: 'An attempt of the probe has failed, and another one follows; `warn` when that took long.',
  },
  ready: { level: 'info', fields: `${IN_STEP}, \`status\``, when: 'A worker accepts connections.' },
  draining: { level: 'info', fields: IN_STEP, when: 'A worker stops accepting.' },
  remaining: {
    level: 'info',
    fields: `${WORKER}, \`left\` (by reason)`,
    when: 'A [drain](drain.md#while-it-drains) takes long; logged once for each.',
  },
  drained: {
    level: 'info',
    fields: `${IN_STEP}, \`moved\`, \`finished\`, \`closed\`, \`forceClosed\`, \`refused\` ([by reason](handoff.md#what-is-counted)), \`tookMs\``,
    when: 'A worker has no connection any more.',
  },
  parked: { level: 'debug', fields: IN_STEP, when: 'A drained worker is kept until the reload commits.' },
  exited: {
    level: 'info or warn',
    fields: FAILED,
    when: "A worker has ended as asked; `warn` when the [app's own clean-up](signals.md#an-apps-own-listeners) failed, or the worker ended before it had drained.",
    todo: 'Correct what the text names: the `SIGTERM` listeners of the app.',
  },
  recycling: {
    level: 'info',
    fields: WORKER,
    when: 'A worker is replaced outside of a reload; the text gives the [reason](recycling.md).',
  },
  broken: {
    level: 'error',
    fields: `${FAILED}, \`reason\``,
    when: 'A worker did not become ready.',
    todo: 'Correct what `reason` names; `tshorn check` shows it without a deploy.',
  },
  crashed: {
    level: 'error',
    fields: `${FAILED}; \`method\`, \`path\` and \`id\` of the request that caused it, as far as they are known; \`inFlight\`: requests at its last report, where it ended without telling of them`,
    when: 'An exception that nobody caught, or a worker that was ready has ended without being asked to. A replacement starts. After an exception the worker [finishes its other requests](containment.md); `contained` follows.',
  },
  'nearly-full': {
    level: 'warn',
    fields: '`text`',
    when: 'V8 may end the worker before a replacement could start first (`--heap-guard`): it drains at once, beside its replacement.',
    todo: 'Find the leak. See [Recycling](recycling.md#before-the-memory-is-full).',
  },
  'closed-server': {
    level: 'warn',
    fields: IN_STEP,
    when: 'The app has [closed its server](operating.md#an-app-that-closes-its-server) and has not listened again. The worker is replaced.',
    todo: 'End the process after `close()`, or call `listen()` again.',
  },
  rescuing: {
    level: 'warn',
    fields: IN_STEP,
    when: 'A worker gives no heartbeat. The master finds out why (`hung`), and [saves what it has](containment.md).',
  },
  contained: {
    level: 'info or warn',
    fields: `${IN_STEP}; \`cause\` (\`crash\` or \`hang\`), \`rescued\`, \`moved\`, \`finished\`, \`lost\`, \`inFlight\`, \`interrupted\`, \`why\`, \`request\` and its \`method\`, \`path\` and \`id\`, \`cost\`, \`killed\`, \`tookMs\``,
    when: 'A worker has ended after a crash or a hang: what that has [cost, and what was saved](containment.md). A figure that nobody knows is absent. `warn` when more was lost than the request that caused it.',
  },
  killed: {
    level: 'warn',
    fields: IN_STEP,
    when: 'The master kills a worker; the text gives the reason.',
  },
  'crash-loop': {
    level: 'error',
    fields: '`workers`, `failures`, `tookMs`, `nextMs`, `reason`',
    when: 'Workers keep failing. The line stands for many single ones.',
    todo: 'Correct what `reason` names, then reload.',
  },
  degraded: {
    level: 'error',
    fields: '`ready`, `size`, `reason`',
    when: 'Fewer than N workers have been [ready](recycling.md#crash-loops) for 3 s.',
  },
  recovered: {
    level: 'info',
    fields: '`ready`, `size`, `tookMs`',
    when: 'N workers are ready again.',
  },
  hung: {
    level: 'error',
    fields: `${WORKER}, \`silentMs\`, \`reason\`, \`stack\`, \`requests\`, \`rss\`, \`heapUsed\`, \`loopDelayMs\`, \`kernel\``,
    when: 'The event loop of a worker is [stuck](hangs.md).',
    todo: 'Correct the code at the top of `stack`.',
  },
  'inspector-shut': {
    level: 'debug',
    fields: `${WORKER}, \`openMs\``,
    when: 'The [inspector](containment.md) of a worker that hung was open for so long.',
  },
  'never-came-up': {
    level: 'error',
    fields: 'as `hung`',
    when: 'An app did not finish loading within `--boot-timeout`, and its event loop runs.',
  },
  'never-left': {
    level: 'error',
    fields: 'as `hung`',
    when: 'An app did not finish its own clean-up in time, and its event loop runs.',
  },
  'loop-delay': {
    level: 'warn',
    fields: `${WORKER}, \`loopDelayMs\`, \`requests\``,
    when: 'An event loop was late by more than `--loop-delay-warning`.',
  },
  'slow-request': {
    level: 'warn',
    fields: `${WORKER}, \`method\`, \`path\`, \`ageMs\`, \`id\``,
    when: 'A request has waited for its response headers for longer than `--request-timeout`.',
  },
  'slow-requests': {
    level: 'warn',
    fields: '`count`',
    when: 'More requests were slow than are logged one by one.',
  },
  inspector: {
    level: 'info or warn',
    fields: WORKER,
    when: 'With `--inspect-brk` a worker waits for a debugger; `warn` where the address of `--inspect` is in use. The worker goes on, and the address is tried again.',
    todo: 'End the other program that listens there, or choose another port.',
  },
  'no-boot-nice': {
    level: 'debug or warn',
    fields: '`pid`',
    when: 'Workers boot at the usual [priority](warm-start.md#priority-while-booting), since it could not be raised again.',
  },
  'worker-log': {
    level: 'info or error',
    fields: WORKER,
    when: 'The code of tshorn in a worker reports something, for example a failed warm-up request.',
  },
  'access-log-lost': {
    level: 'warn',
    fields: `${WORKER}, \`file\`, \`reason\`, \`lines\` once it can be written again, or the worker ends`,
    when: 'A worker cannot write to the [access log](access-log.md). Its lines are lost, and no request.',
    todo: 'Make room on the disk, or let the user of the workers write to the file.',
  },
  'access-log-not-reopened': {
    level: 'warn or error',
    fields: `${WORKER}, \`file\`, \`reason\`; \`error\`, with \`file\` and \`reason\` alone, where the master cannot make the file`,
    when: 'After `USR1` the [access log](access-log.md#rotation) cannot be opened again. The worker still writes to the old file.',
    todo: 'Let the user of the workers write to the file, and send `USR1` again.',
  },
  'access-log-reopened': {
    level: 'info',
    fields: `${WORKER}, \`file\``,
    when: 'A worker that could not open the access log again has opened it.',
  },
  'malformed-message': {
    level: 'warn',
    fields: '`worker`, `gen`, `pid`',
    when: 'The app of a worker sent a message in the name of tshorn that does not fit. It was dropped. Further ones are only counted: `malformedMessages` in `tshorn status --json`.',
  },
  'unread-message': {
    level: 'info or warn',
    fields: '`pid`; `library` of known ones',
    when: 'The app sends messages to its parent, or waits for a primary of `node:cluster`, and [nobody reads them](operating.md#libraries-that-ask-nodecluster). Once for each library and kind of message.',
  },
  flood: {
    level: 'error',
    fields: '`worker`, `gen`, `pid`',
    when: 'The app of a worker sent more messages in the name of tshorn than the master can read beside its work. The worker is killed and replaced.',
  },
  'forged-status': {
    level: 'warn',
    fields: '`from`, `ignored`',
    when: 'With `--status-transport udp`, a datagram came without the secret of a worker, and was ignored.',
  },
} as const satisfies Rows;
