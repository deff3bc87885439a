/** An amount of memory: bytes, or a part of what the machine (or the container) has, in percent. */
export type MemorySize = { readonly bytes: number } | { readonly percent: number };

/** `52 MB`; bytes are given. 1 MB is 1024 x 1024 bytes, as in Node's and systemd's options. */
export const formatMemory = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;
