/** The entry point of a worker process: runs its program (main.ts). Bundled alone, as CommonJS. */
import { CODE_VARIABLE, openProgram } from '@tshorn/core';
import type { run } from './main.ts';

// As in `node APP` with an ES module. A module of CommonJS finds here what it is loaded by (`require.main`).
Object.assign(process, { mainModule: undefined });
delete require.cache[__filename];

const { [CODE_VARIABLE]: code } = process.env;
delete process.env[CODE_VARIABLE];
const files = { directory: __dirname, start: 'worker-start.js', code };
const program = openProgram(files, require, (url) => import(url));
(program.require('./worker-main.js') as { run: typeof run }).run(program);
