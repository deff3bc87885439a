import fs from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whoListens } from './unix-socket.ts';

test('a live socket, one that is left over and none are told apart', async () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
  const [live, left] = [path.join(directory, 'live'), path.join(directory, 'left')];
  const server = net.createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve) => server.listen(live, resolve));
    expect(await whoListens(live)).toBe('somebody');
    // Node removes the name that it listens on, and not this one.
    fs.linkSync(live, left);
    await new Promise((resolve) => server.close(resolve));
    expect(await whoListens(left)).toBe('refused');
    expect(await whoListens(live)).toBe('unknown');
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
