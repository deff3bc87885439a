/** The keys of PM2 that are options of tshorn: numbers of workers, limits, times, users. */
import { formatDuration, OPTIONS } from '@tshorn/config';
import { shellWord } from '../shell-word.ts';
import { type Draft, literal, memberName } from './draft.ts';
import type { Key } from './keys.ts';
import { numberOf, type RawObject, textOf } from './values.ts';

/** An app by the keys of PM2's schema, its environment merged. */
export type App = Readonly<Partial<Record<Key, unknown>>>;

export interface Place {
  /** Merged variables of the app. */
  readonly env: RawObject;
  /** The absolute path of the app's directory. */
  readonly directory: string;
  /** The command that reloads this server, typed in that directory. */
  readonly reload: string;
}

type Mapper = (draft: Draft, value: unknown, place: Place) => void;

/** The keys that are mapped one by one, where they are set. */
const MAPPERS: Readonly<Partial<Record<Key, Mapper>>> = {
  wait_ready(draft, value) {
    if (value === true) draft.set('waitReady', 'true', "wait_ready: the app calls process.send('ready')");
  },
  listen_timeout(draft, value) {
    const ms = numberOf(value);
    if (ms === undefined) return refuse(draft, 'listen_timeout', value);
    const longer = Math.max(ms, LEAST_BOOT_MS);
    draft.set('bootTimeout', literal(formatDuration(longer)), `listen_timeout: ${ms}`);
    draft.note(
      'differs',
      'listen_timeout',
      'after this time PM2 goes on without the app; here the worker counts as broken, and a reload is rolled back. So it is 30 s at least',
    );
  },
  kill_timeout(draft, value) {
    const ms = numberOf(value);
    if (ms === undefined) return refuse(draft, 'kill_timeout', value);
    draft.set('grace', literal(formatDuration(ms)), `kill_timeout: ${ms}`);
  },
  max_memory_restart(draft, value) {
    const { kind } = OPTIONS.maxMemory;
    try {
      const bytes = typeof value === 'number' || /^\d+$/.test(String(value)) ? `${value}B` : value;
      draft.set('maxMemory', literal(kind.format(kind.parse(bytes))), `max_memory_restart: ${value}`);
    } catch {
      refuse(draft, 'max_memory_restart', value);
    }
  },
  pid_file(draft, value) {
    const path = textOf(value);
    if (path === undefined) return;
    draft.set('pidFile', literal(path), 'pid_file');
    draft.note('differs', 'pid_file', 'it holds the PID of the master, one for all workers');
  },
  uid(draft, value) {
    draft.set('user', literal(String(value)), 'uid: the workers; tshorn itself has to be started by root');
  },
  gid(draft, value) {
    draft.set('group', literal(String(value)), 'gid');
  },
  source_map_support(draft, value) {
    if (value === true) draft.addNodeOptions(['--enable-source-maps'], 'source_map_support');
  },
  instance_var(draft, value) {
    const name = textOf(value);
    if (name === undefined || name === 'NODE_APP_INSTANCE') return;
    draft.postFork.push({ option: name, code: 'String(worker.slot)', comment: 'instance_var' });
  },
  increment_var(draft, value, { env }) {
    const name = textOf(value);
    if (name === undefined) return;
    const first = numberOf(env[name]) ?? 0;
    if (name === 'PORT') {
      draft.note(
        'left-out',
        'increment_var',
        `all workers share the port ${first}: a proxy in front needs this one alone`,
      );
      return;
    }
    draft.postFork.push({
      option: name,
      code: first === 0 ? 'String(worker.slot)' : `String(${first} + worker.slot)`,
      comment: 'increment_var',
    });
  },
  cron_restart(draft, value, { directory, reload }) {
    if (value === 0 || value === '0' || value === '') return;
    draft.note(
      'left-out',
      'cron_restart',
      `a line for crontab -e does it, without downtime: ${value} cd ${shellWord(directory)} && ${reload}`,
    );
  },
  autorestart(draft, value) {
    if (value === false)
      draft.note(
        'left-out',
        'autorestart',
        'a worker that ends is always replaced: run what ends by itself by cron or a systemd timer',
      );
  },
  autostart(draft, value) {
    if (value === false) draft.note('left-out', 'autostart', 'the server starts when you start it');
  },
};

/** Below this a busy machine alone would fail a start. */
const LEAST_BOOT_MS = 30_000;

export function mapSettings(draft: Draft, app: App, place: Place): void {
  mapWorkers(draft, app.instances);
  for (const key of Object.keys(MAPPERS) as Key[]) {
    if (app[key] !== undefined && app[key] !== null) MAPPERS[key]?.(draft, app[key], place);
  }
}

/** As PM2 reads it: `max`, 0 and a text that is no number are one for each CPU, and -1 is one less. */
function mapWorkers(draft: Draft, given: unknown): void {
  if (given === undefined || given === null) {
    return draft.set('workers', '1', 'PM2 starts one where instances is not set');
  }
  const count = Math.trunc(typeof given === 'string' ? Number.parseInt(given, 10) || 0 : Number(given));
  if (count > 0) return draft.set('workers', String(count), 'instances');
  if (typeof given === 'string' && given !== 'max' && Number.isNaN(Number.parseInt(given, 10))) {
    const text = `"${given}" is no number: PM2 takes it for "max", and the config file has one worker for each CPU`;
    draft.note('differs', 'instances', text);
  }
  if (!(count < 0)) return draft.remark('workers', `one per CPU, the default (instances: ${given})`);
  draft.imports.add("import { availableParallelism } from 'node:os';");
  draft.set('workers', `Math.max(1, availableParallelism() - ${-count})`, `instances: ${given}`);
}

function refuse(draft: Draft, key: Key, value: unknown): void {
  draft.note('left-out', key, `its value ${JSON.stringify(value)} is none that PM2 takes`);
}

/** The hook that gives each worker variables of its own. */
export function mapPostFork(draft: Draft): void {
  if (draft.postFork.length === 0) return;
  const statements = draft.postFork.map(({ option, code, comment }) => {
    const name = memberName(option as string);
    const target = name === option ? `.${name}` : `[${name}]`;
    return `    process.env${target} = ${code}; // ${comment}\n`;
  });
  draft.set(
    'hooks',
    `{\n  postFork(worker) {\n${statements.join('')}  },\n}`,
    'in each worker, before the app is loaded',
  );
}
