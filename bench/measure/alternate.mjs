/**
 * Servers that are compared take turns: all are up, each gets a short load, in an order that is drawn anew in each round,
 * so what disturbs one disturbs its neighbours as well. All of them are started more than once, since a process can be slower
 * than another of the same program from its start to its end.
 */

/**
 * @typedef {{rate: number, cpuUs: number, failed: number, resumed?: number, start: number}} Sample
 * @typedef {Record<string, Record<string, Sample[]>>} Samples by load and server; the samples of a round have the same place
 * @typedef {(isWarmUp: boolean) => Promise<Omit<Sample, 'start'>>} Turn the first of each load is to warm up, and dropped
 * @typedef {{turns: Record<string, Record<string, Turn>>, close: () => Promise<unknown>}} Sitting
 */

/** @param {{starts: number, rounds: number}} options @param {() => Promise<Sitting>} open starts all @returns {Promise<Samples>} */
export async function alternate({ starts, rounds }, open) {
  /** @type {Samples} */
  const samples = {};
  for (let start = 1; start <= starts; start++) {
    const { turns, close } = await open();
    try {
      // Load after load: code that V8 has compiled for one is compiled anew for the next, which takes longer than a turn.
      for (const [load, servers] of Object.entries(turns)) {
        samples[load] ??= Object.fromEntries(Object.keys(servers).map((key) => [key, []]));
        for (let round = 0; round <= rounds; round++) {
          for (const key of shuffled(Object.keys(servers))) {
            const sample = await servers[key](round === 0);
            if (round > 0) samples[load][key].push({ ...sample, start });
          }
        }
        process.stderr.write(`start ${start} of ${starts}: ${load} measured\n`);
      }
    } finally {
      await close();
    }
  }
  return samples;
}

function shuffled(keys) {
  const left = [...keys];
  return keys.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0]);
}
