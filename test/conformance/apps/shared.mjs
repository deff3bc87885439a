// What every app of the list does the same way, whatever it is written with.

/** What the app saw, for a client that asks GET /seen. */
export const seen = { aborts: 0, produced: 0 };

export const later = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

/** A response that is not all there when it starts. */
export async function* chunks() {
  for (const word of ['one', 'two', 'three']) {
    yield Buffer.from(`${word}\n`);
    await later(150);
  }
}

const BLOCK = Buffer.alloc(64 * 1024, 'x');

/** 100 MB, made as fast as somebody takes it. */
export async function* flood() {
  for (let at = 0; at < 1600; at++) {
    seen.produced += BLOCK.length;
    yield BLOCK;
  }
}
