/** The load of a measured overload, and the capacity that it is a multiple of. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Load } from '../load/load.mjs';

const run = promisify(execFile);
const path = (name) => new URL(`../load/${name}`, import.meta.url).pathname;

async function told(program, options) {
  const { stdout } = await run(process.execPath, [path(program), JSON.stringify(options)], {
    maxBuffer: 1e8,
  });
  return JSON.parse(stdout);
}

/** @param {object} options those of load/impatient.mjs */
export const impatient = (options) => told('impatient.mjs', options);

/** Answers per second when so many clients ask one request after the other. @param {{port: number, pid: number}} server */
export async function saturated(server, connections) {
  const load = new Load();
  try {
    await load.single(server, { connections, milliseconds: 1_000 });
    const { answered, seconds } = await load.single(server, { connections, milliseconds: 4_000 });
    return answered / seconds;
  } finally {
    load.close();
  }
}
