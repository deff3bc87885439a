/** The list that `pm2 save` writes (~/.pm2/dump.pm2): one entry for each process, with its whole environment. */
import { KEYS } from './keys.ts';
import { isObject, type RawObject } from './values.ts';

export const isDump = (apps: readonly RawObject[]): boolean => apps.some((app) => 'pm_exec_path' in app);

/** Variables of a shell or of PM2. So is one with the name of the app. */
const OF_SESSION =
  /^(_|PWD|OLDPWD|SHLVL|HOME|USER|LOGNAME|SHELL|PATH|TERM|LANG|LC_.*|MAIL|HOSTTYPE|SSH_.*|XDG_.*|DBUS_.*|LS_COLORS|LESS.*|COLORTERM|TMUX.*|NVM_.*|npm_.*|PM2_.*|pm_.*|NODE_APP_INSTANCE|unique_id|axm_.*|km_link|status|created_at|name|namespace|io)$/;
const FILES = {
  pm_out_log_path: 'out_file',
  pm_err_log_path: 'error_file',
  pm_pid_path: 'pid_file',
} as const;
/** PM2's own folders: nobody has chosen these files. */
const BY_DEFAULT = /\/\.pm2\/(logs|pids)\//;

/** The apps, as an ecosystem file would have them. */
export function fromDump(entries: readonly RawObject[], shell: NodeJS.ProcessEnv): RawObject[] {
  const byName = grouped(entries);
  return [...byName.values()].map((processes) => {
    const first = processes[0] as RawObject;
    const own = Object.entries(first).filter(([key, value]) => key in KEYS && !isNothing(value));
    const files = Object.entries(FILES).flatMap(([from, to]) => {
      const file = first[from];
      return typeof file === 'string' && !BY_DEFAULT.test(file) ? [[to, file]] : [];
    });
    const variables = isObject(first.env) ? first.env : {};
    const env = Object.entries(variables).filter(
      ([name, value]) => !OF_SESSION.test(name) && typeof value !== 'object' && shell[name] !== value,
    );
    return {
      ...Object.fromEntries(own),
      ...Object.fromEntries(files),
      script: first.pm_exec_path,
      cwd: first.pm_cwd,
      instances: processes.length,
      env: Object.fromEntries(env),
    };
  });
}

/** Defaults that PM2 writes out. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

function grouped(entries: readonly RawObject[]): Map<string, RawObject[]> {
  const groups = new Map<string, RawObject[]>();
  for (const entry of entries) {
    const name = String(entry.name);
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return groups;
}
