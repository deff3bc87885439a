import { byKey } from './app.ts';
import { KEYS, SPELLINGS } from './keys.ts';

/** The keys of PM2 7's own schema. */
const SCHEMA =
  'script name name_prefix filter_env namespace install_url cwd args exec_interpreter node_args out_file error_file log_file disable_logs log_type log_date_format time env max_memory_restart pid_file restart_delay exp_backoff_restart_delay source_map_support disable_source_map_support wait_ready instances kill_timeout shutdown_with_message listen_timeout cron_restart merge_logs vizion autostart autorestart stop_exit_codes watch_delay watch ignore_watch watch_options min_uptime max_restarts execute_command exec_mode force append_env_to_name post_update trace disable_trace v8 event_loop_inspector deep_monitoring increment_var instance_var pmx automation treekill port username uid gid windowsHide kill_retry_time write io';

it('every key of the schema is known, and no other', () => {
  expect(Object.keys(KEYS).sort()).toEqual(SCHEMA.split(' ').sort());
});

it('a key has its aliases and its camel case', () => {
  const spellings = (key: string) => [...SPELLINGS].filter(([, of]) => of === key).map(([name]) => name);
  expect(spellings('out_file')).toEqual(['out_file', 'outFile', 'out', 'output', 'out_log']);
  expect(spellings('exec_interpreter')).toContain('interpreter');
  expect(spellings('uid')).toContain('user');
});

it('of several spellings the key itself wins, as in PM2', () => {
  expect(byKey({ killTimeout: 1, kill_timeout: 2 })).toEqual({ kill_timeout: 2 });
  expect(byKey({ cmd: 'a.js', script: 'b.js' })).toEqual({ script: 'b.js' });
});
