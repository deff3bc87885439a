import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { contenders, start } from './measure/contenders.mjs';
import { cpuOf } from './measure/proc.mjs';
import { median, pairedRatio } from './measure/stats.mjs';

const raw = fileURLToPath(new URL('./load/raw.mjs', import.meta.url));
const mk = (v) => ({
  name: v,
  forks: true,
  argv: (port, w) => [
    fileURLToPath(new URL(`../packages/v${v}/dist/cli.js`, import.meta.url)),
    fileURLToPath(new URL('./apps/hello.mjs', import.meta.url)),
    '--bind',
    `127.0.0.1:${port}`,
    '--workers',
    String(w),
    '--log-level',
    'error',
  ],
});
const all = { shared: contenders.shared };
for (const v of (process.argv[2] ?? 'A,B,C,D').split(',')) all[v] = mk(v);
const s = {},
  r = {};
for (const k in all) {
  s[k] = await start(all[k], 2);
  r[k] = { ka: [], pr: [] };
}
const R = Number(process.argv[3] ?? 12);
for (let i = 0; i <= R; i++)
  for (const ka of [true, false])
    for (const k of Object.keys(all)) {
      const b = cpuOf(s[k].pid);
      const o = JSON.parse(
        execFileSync(
          process.execPath,
          [raw, JSON.stringify({ port: s[k].port, keepAlive: ka, connections: 32, seconds: 0.7 })],
          { encoding: 'utf8' },
        ),
      );
      if (i) r[k][ka ? 'ka' : 'pr'].push((cpuOf(s[k].pid) - b) / 1000 / o.answered);
    }
for (const k in all)
  console.log(
    k,
    'ka',
    median(r[k].ka).toFixed(1),
    JSON.stringify(pairedRatio(r.shared.ka, r[k].ka)),
    'pr',
    median(r[k].pr).toFixed(1),
    JSON.stringify(pairedRatio(r.shared.pr, r[k].pr)),
  );
await Promise.all(Object.values(s).map((x) => x.stop()));
