/** An amount of memory: bytes, or a part of what the machine (or the container) has, in percent. */
export type MemorySize = { readonly bytes: number } | { readonly percent: number };

/** `52 MB`. 1 MB is 1024 x 1024 bytes, as in Node's and systemd's options. */
export const formatMemory = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

/** Milliseconds as people read them: `12ms`, `1.4s`, `2m 5s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  return `${Math.floor(ms / 60_000)}m ${Math.round((ms % 60_000) / 1000)}s`;
}
