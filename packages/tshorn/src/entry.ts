#!/usr/bin/env node
/** The entry point of the command line: runs its program (cli.ts). Bundled alone, as CommonJS. */
import { openProgram } from '@tshorn/core';
import { OwnCode } from '@tshorn/master/own-code';
import type { run } from './cli.ts';

/** The name of the program, and the version of its text; the build puts it in. */
declare const PROGRAM: string;

// Hooks in CommonJS find no main module: the app is none of theirs.
Object.assign(process, { mainModule: undefined });

const nodeOptions = process.env.NODE_OPTIONS;
const own = process.argv.includes('--no-compile-cache') ? undefined : new OwnCode(process.env, PROGRAM);
const files = { directory: __dirname, start: 'cli-start.js', code: own?.find(nodeOptions) };
const program = openProgram(files, require, (url) => import(url));
(program.require('./cli-main.js') as { run: typeof run }).run(program, () => own?.missing(nodeOptions));
