import { TshornError } from './errors.ts';

/** The place of a listener: a TCP host and port, or the path of a unix socket. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** A value of `--bind`: an address, or the sockets that systemd passes under a name. */
export type BindAddress = Address | { readonly kind: 'systemd'; readonly name: string };

/**
 * Reads `HOST:PORT`, `:PORT` (every address of the machine), `[::1]:PORT`, `PORT`, `unix:PATH` or
 * `systemd:NAME`.
 * With port 0 the kernel chooses a free one. A host name is resolved when it is bound.
 * @param option its name in an error
 * @throws TshornError ERR_OPTION naming what was expected
 */
export function parseAddress(text: string, option = 'bind'): BindAddress {
  const badAddress = (address: string, why: string) => notAnAddress(option, address, why);
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path === '') throw badAddress(text, 'the path after "unix:" is empty');
    // sun_path has 108 bytes on Linux and 104 on macOS, the terminating zero included (man 7 unix).
    if (Buffer.byteLength(path) > 103) throw badAddress(text, 'a unix socket path has at most 103 bytes');
    return { kind: 'unix', path };
  }
  if (text.startsWith('systemd:')) {
    const name = text.slice('systemd:'.length);
    // The characters that FileDescriptorName= allows (systemd.socket(5)); a colon would separate two names.
    if (!/^[\x20-\x39\x3b-\x7e]{1,255}$/.test(name))
      throw badAddress(text, 'a socket name has 1 to 255 printable characters and no colon');
    return { kind: 'systemd', name };
  }
  const match = /^(?:(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]\s]*)):)?(\d+)$/.exec(text);
  if (!match) throw badAddress(text, 'unknown form');
  const port = Number(match[3]);
  if (port > 65_535) throw badAddress(text, `port ${match[3]} is above 65535`);
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port };
}

const notAnAddress = (option: string, text: string, why: string) =>
  new TshornError('ERR_OPTION', `${option}: "${text}" is not an address: ${why}`, {
    fix: 'write HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or systemd:NAME, for instance 127.0.0.1:8000',
  });

/** The address as a person would type it: `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/app.sock`. */
export function formatAddress(address: BindAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  if (address.kind === 'systemd') return `systemd:${address.name}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
