/** The status that an app answers an upgrade with: the first bytes that it writes on the connection say so. */
import type { Duplex } from 'node:stream';

/** @param onStatus is called once, if a status is written */
export function watchUpgradeStatus(duplex: Duplex, onStatus: (status: number) => void): void {
  // Another one looks at what is written: of a request that is read again, whose answer its client has had.
  if (Object.hasOwn(duplex, 'write')) return;
  const { write } = duplex;
  const first = ((...args: Parameters<Duplex['write']>) => {
    if (duplex.write === first) delete (duplex as Partial<Duplex>).write;
    const chunk: unknown = args[0];
    const text =
      typeof chunk === 'string'
        ? chunk.slice(0, 16)
        : Buffer.from((chunk as Buffer).subarray(0, 16)).toString('latin1');
    const [, status] = /^HTTP\/1\.[01] (\d{3})\b/.exec(text) ?? [];
    if (status !== undefined) onStatus(Number(status));
    return Reflect.apply(write, duplex, args);
  }) as Duplex['write'];
  duplex.write = first;
}
