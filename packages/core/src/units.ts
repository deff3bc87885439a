/** An amount of memory: bytes, or a part of what the machine (or the container) has, in percent. */
export type MemorySize = { readonly bytes: number } | { readonly percent: number };

/** `52 MB`. 1 MB is 1024 x 1024 bytes, as in Node's and systemd's options. */
export const formatMemory = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

/** Milliseconds as people read them: `12ms`, `1.4s`, `2m 5s`. Each part is rounded before it is chosen: no `1m 60s`. */
export function formatMs(ms: number): string {
  const whole = Math.round(ms);
  if (whole < 1000) return `${whole}ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
}
