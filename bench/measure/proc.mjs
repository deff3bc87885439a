/** Reads children, CPU time and memory of a process from /proc. */
import fs from 'node:fs';

/** @param {string} file @returns {string} empty when the process has just ended */
const read = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** @param {number} pid @returns {number[]} */
export const childrenOf = (pid) =>
  read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);

/**
 * CPU time of a server and its workers since they began, all threads, user and system, in nanoseconds.
 * `schedstat` counts in nanoseconds; `stat` only in ticks of 10 ms.
 * @param {number} pid
 */
export const cpuOf = (pid) => sumOfCpu([pid, ...childrenOf(pid)]);

/** The same of one process. @param {number} pid */
export const ownCpuOf = (pid) => sumOfCpu([pid]);

function sumOfCpu(pids) {
  let sum = 0;
  for (const process of pids) {
    let threads = [];
    try {
      threads = fs.readdirSync(`/proc/${process}/task`);
    } catch {
      continue;
    }
    for (const thread of threads) {
      sum += Number(read(`/proc/${process}/task/${thread}/schedstat`).split(' ')[0] || 0);
    }
  }
  return sum;
}

/**
 * PSS: private pages, and of each shared one (Node's own code) this process's part. It moves with the
 * number of Node processes on the machine; `own`, the private pages alone, does not.
 * @param {number} pid @returns {{pss: number, own: number}} in bytes
 */
export function memoryOf(pid) {
  const text = read(`/proc/${pid}/smaps_rollup`);
  const kb = (name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1] ?? Number.NaN);
  return { pss: kb('Pss') * 1024, own: (kb('Private_Clean') + kb('Private_Dirty')) * 1024 };
}

/** Its command line or title. @param {number} pid */
export const commandOf = (pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
