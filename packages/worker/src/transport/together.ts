/** Connections of several kinds that drain together. */
import type { DrainingConnections } from './transport.ts';

export function together(all: readonly DrainingConnections[]): DrainingConnections {
  return {
    beginClosing() {
      for (const one of all) one.beginClosing();
    },
    closeIdle: (lingerMs, now) => all.reduce((sum, one) => sum + one.closeIdle(lingerMs, now), 0),
    get refused() {
      const sums: Record<string, number> = {};
      for (const { refused = {} } of all) {
        for (const [reason, count] of Object.entries(refused)) sums[reason] = (sums[reason] ?? 0) + count;
      }
      return sums;
    },
    forceClose() {
      for (const one of all) one.forceClose();
    },
    release() {
      for (const one of all) one.release();
    },
  };
}
