/** Connections of several kinds that drain together. */
import type { DrainingConnections } from './transport.ts';

export function together(all: readonly DrainingConnections[]): DrainingConnections {
  return {
    beginClosing() {
      for (const one of all) one.beginClosing();
    },
    closeIdle: (lingerMs) => all.reduce((sum, one) => sum + one.closeIdle(lingerMs), 0),
    forceClose() {
      for (const one of all) one.forceClose();
    },
    release() {
      for (const one of all) one.release();
    },
  };
}
