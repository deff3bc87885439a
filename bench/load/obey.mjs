/** The client process's end of ordered.mjs. */
const LANES = 64;

/** @param {Record<string, (details: any) => unknown>} orders `close` ends the process */
export function obey(orders) {
  process.on('message', async (/** @type {any} */ { order, ...details }) => {
    try {
      const result = await orders[order](details);
      if (process.connected) process.send?.({ result: result ?? {} });
    } catch (error) {
      process.send?.({ error: `${order}: ${/** @type {Error} */ (error).message}` });
    }
  });
  process.on('disconnect', () => process.exit());
}

/** Some at a time. @template T @param {Iterable<T>} items @param {(item: T) => Promise<unknown>} work */
export async function inLanes(items, work) {
  const left = items[Symbol.iterator]();
  const lane = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
