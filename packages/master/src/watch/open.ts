/** Connects watch mode with the master. Loaded with `--watch` alone. */
import type { Operation } from '../decide/model.ts';
import type { Notice } from '../decide/notice.ts';
import { ownDirectory } from '../hang/hangs.ts';
import type { Logger } from '../log.ts';
import { WatchMode } from './watch-mode.ts';

export interface Watching {
  readonly log: Logger;
  /** File that a worker process runs. */
  readonly workerFile: string;
  readonly notices: { on(event: 'notice', listener: (notice: Notice) => void): unknown };
  request(operation: Operation): void;
}

export function openWatchMode({ log, workerFile, notices, request }: Watching): WatchMode {
  let isTold = false;
  const watch = new WatchMode(ownDirectory(workerFile), {
    onChange: (because) => request({ kind: 'reload', by: 'watch', because }),
    onEndless: (name) =>
      log.warn(
        { event: 'watch-endless', file: name },
        `${name} changes at each start of the app, and each change is a reload, held back for longer and longer; if the app writes it: --watch-ignore ${name}`,
      ),
    onBlind: () =>
      log.warn(
        { event: 'watch-blind' },
        `Node ${process.version} does not report what the app loads: only its own file, the config files and --watch-path are watched`,
      ),
    onPolled: (directory, code) => {
      if (isTold) return;
      isTold = true;
      log.warn({ event: 'watch-polls', directory, code }, `${directory} ${whyPolled(code)}`);
    },
  });
  notices.on('notice', (notice) => {
    if (notice.event === 'ready') watch.serves();
    if (notice.event === 'reload-finished' && notice.outcome === 'committed')
      watch.committed(notice.generation);
  });
  return watch;
}

/** inotify(7): ENOSPC and EMFILE are its two limits. */
function whyPolled(code: string): string {
  const limit = { ENOSPC: 'max_user_watches', EMFILE: 'max_user_instances' }[code];
  const why = limit
    ? `cannot be watched: the limit fs.inotify.${limit} is reached`
    : `cannot be watched (${code || 'for an unknown reason'})`;
  const fix = limit ? `; raise it: sudo sysctl fs.inotify.${limit}=1048576` : '';
  return `${why}: its files are looked at twice a second instead${fix}`;
}
