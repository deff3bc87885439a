import { Counts } from './counts.ts';

const HELLO = 500;
const FINISHED = 58;
const FLIGHT = 1_200;
/** Two tickets. */
const TICKETS = 574;
const HASH = 32;

/** A connection after its handshake, with its bytes on both sides. */
class Scene {
  readonly counts = new Counts();
  sealedIn = HELLO;
  sealedOut = FLIGHT;
  plainIn = 0;
  plainOut = 0;

  /** @param more bytes that come with the client's last flight: its ChangeCipherSpec, mostly */
  constructor({ more = 6, tickets = TICKETS } = {}) {
    this.counts.helloRead(HELLO);
    this.sealedIn += FINISHED + more;
    this.counts.finishedRead(this.sealedIn, FLIGHT);
    this.sealedOut += tickets;
  }

  /** @param padding bytes that the client adds */
  read(bytes: number, padding = 0): this {
    this.sealedIn += bytes + 22 + padding;
    this.plainIn += bytes;
    this.counts.read();
    if (!this.counts.hasWritten) this.counts.beforeFirstWrite(this.sealedOut);
    return this;
  }

  write(bytes: number, fragment = 16_384): this {
    if (!this.counts.isMeasured && this.counts.hasWritten) this.counts.beforeWrite(this);
    this.plainOut += bytes;
    this.sealedOut += bytes + 22 * Math.ceil(bytes / fragment);
    this.counts.wrote(bytes);
    return this;
  }

  sequences(isResumed = false) {
    return this.counts.sequences(this, isResumed, HASH);
  }
}

test('a connection that has not said a word, and one after two answers', () => {
  const scene = new Scene();
  expect(scene.sequences()).toEqual({ read: 0, write: 2 });
  scene.read(90).write(20_000).read(16_384).read(10).write(5);
  expect(scene.sequences()).toEqual({ read: 3, write: 2 + 3 });
});

test('a resumed session has one ticket, and a client that cannot use any has none', () => {
  expect(new Scene({ tickets: 287 }).read(1).write(1).sequences(true)).toEqual({ read: 1, write: 2 });
  expect(new Scene({ tickets: 0 }).read(1).write(1).sequences()).toEqual({ read: 1, write: 1 });
  // Fewer bytes than two tickets can have.
  expect(new Scene({ tickets: 60 }).read(1).write(1).sequences()).toEqual({ problem: 'tls-count' });
});

test('a client without a ChangeCipherSpec; and one whose first request comes with its Finished', () => {
  expect(new Scene({ more: 0 }).read(5).write(5).sequences()).toEqual({ read: 1, write: 3 });
  const scene = new Scene({ more: 6 + 112 });
  scene.sealedIn -= 112;
  expect(scene.read(90).write(5).sequences()).toEqual({ read: 1, write: 3 });
});

test('a part of a record: it is looked at again, and then the connection can go', () => {
  const scene = new Scene().read(90).write(5);
  scene.sealedIn += 7;
  expect(scene.sequences()).toEqual({ problem: 'not-yet' });
  scene.sealedIn -= 7;
  expect(scene.read(90).write(5).sequences()).toEqual({ read: 2, write: 4 });
});

test('a KeyUpdate shows when requests have come behind it', () => {
  const scene = new Scene().read(90).write(5);
  scene.sealedIn += 27;
  expect(scene.sequences()).toEqual({ problem: 'not-yet' });
  expect(scene.sequences()).toEqual({ problem: 'not-yet' });
  expect(scene.read(90).write(5).sequences()).toEqual({ problem: 'not-yet' });
  expect(scene.read(90).write(5).sequences()).toEqual({ problem: 'tls-key-update' });
});

test('a client that pads its records never goes', () => {
  const scene = new Scene().read(90, 10).write(5);
  for (let at = 0; at < 5; at++) expect(scene.read(90, 10).write(5).sequences().problem).toBeDefined();
});

test('fragments that are smaller than the largest show in the second answer', () => {
  const scene = new Scene().read(90).write(5_000, 512);
  expect(scene.sequences()).toEqual({ problem: 'tls-fragment' });
});

test('a first answer whose tickets could not be measured: its length says how many records it was, or it waits', () => {
  const late = (bytes: number, fragment: number) => {
    // The tickets wait behind the read that runs.
    const scene = new Scene({ tickets: 0 }).read(90);
    scene.sealedOut += 478;
    return scene.write(bytes, fragment);
  };
  expect(late(3_000, 16_384).sequences()).toEqual({ read: 1, write: 3 });
  expect(late(3_000, 1_024).sequences()).toEqual({ problem: 'not-yet' });
  expect(late(30_000, 16_384).sequences()).toEqual({ read: 1, write: 4 });
});

test('a client certificate: as long as the bytes at the first record agree with those at the Finished', () => {
  const scene = new Scene({ more: 6 + 900 });
  scene.read(90);
  scene.counts.firstRead(scene);
  expect(scene.write(5).sequences()).toEqual({ read: 1, write: 3 });
  scene.sealedIn += 3;
  expect(scene.sequences()).toEqual({ problem: 'not-yet' });
});

test('one whose first request comes with its Finished waits for the second one', () => {
  const scene = new Scene({ more: 6 + 900 + 112 });
  scene.sealedIn -= 112;
  scene.read(90);
  scene.counts.firstRead(scene);
  expect(scene.write(5).sequences()).toEqual({ problem: 'not-yet' });
  expect(scene.read(90).write(5).sequences()).toEqual({ read: 2, write: 4 });
});
