/**
 * More workers than this are a slip of the finger: each is a process, and a plan names each of its slots.
 */
export const MOST_WORKERS = 1024;
