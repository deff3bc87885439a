/**
 * A Node with this variable reports every file that it loads over IPC, as `{ 'watch:require': [path] }` or
 * `{ 'watch:import': [url] }`: what `node --watch` builds on (lib/internal/main/watch_mode.js). Undocumented.
 */
export const WATCH_VARIABLE = 'WATCH_REPORT_DEPENDENCIES';
