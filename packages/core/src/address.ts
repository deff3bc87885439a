import { TshornError } from './errors.ts';

/** `https`: TLS is spoken there. `http` stands in a configuration only: plain, also where there is a certificate. */
export type Scheme = 'http' | 'https';

interface Spoken {
  readonly scheme?: Scheme;
}

/** The place of a listener: a TCP host and port, or the path of a unix socket. */
export type Place =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export type Address = Spoken & Place;

/** A value of `--bind`: an address, or the sockets that systemd passes under a name. */
export type BindAddress = Address | (Spoken & { readonly kind: 'systemd'; readonly name: string });

/**
 * Reads `HOST:PORT`, `:PORT` (every address of the machine), `[::1]:PORT`, `PORT`, `unix:PATH` or
 * `systemd:NAME`, each of them also behind `https://` or `http://`.
 * With port 0 the kernel chooses a free one. A host name is resolved when it is bound.
 * @param option its name in an error
 * @throws TshornError ERR_OPTION naming what was expected
 */
export function parseAddress(text: string, option = 'bind'): BindAddress {
  const [, scheme, place = ''] = /^(?:(https?):\/\/)?(.*)$/is.exec(text) ?? [];
  const address = parsePlace(place, (why) => notAnAddress(option, text, why));
  return scheme === undefined ? address : { ...address, scheme: scheme.toLowerCase() as Scheme };
}

/** The same place without a scheme: the name by which a socket is found again, whatever is spoken there. */
export function placeOf<A extends BindAddress>(address: A): A {
  const { scheme: _scheme, ...place } = address;
  return place as A;
}

/** The same place, where that is spoken; a plain one has no scheme. */
export const spoken = <A extends BindAddress>(address: A, scheme: Scheme | undefined): A =>
  scheme === 'https' ? { ...address, scheme } : placeOf(address);

function parsePlace(text: string, badAddress: (why: string) => TshornError): BindAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (path === '') throw badAddress('the path after "unix:" is empty');
    // sun_path has 108 bytes on Linux and 104 on macOS, the terminating zero included (man 7 unix).
    if (Buffer.byteLength(path) > 103) throw badAddress('a unix socket path has at most 103 bytes');
    return { kind: 'unix', path };
  }
  if (text.startsWith('systemd:')) {
    const name = text.slice('systemd:'.length);
    // The characters that FileDescriptorName= allows (systemd.socket(5)); a colon would separate two names.
    if (!/^[\x20-\x39\x3b-\x7e]{1,255}$/.test(name))
      throw badAddress('a socket name has 1 to 255 printable characters and no colon');
    return { kind: 'systemd', name };
  }
  const match = /^(?:(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]\s]*)):)?(\d+)$/.exec(text);
  if (!match) throw badAddress('unknown form');
  const port = Number(match[3]);
  if (match[2] !== undefined && /^https?$/i.test(match[2]))
    throw badAddress(`a scheme has two slashes behind its colon: ${match[2].toLowerCase()}://:${port}`);
  if (port > 65_535) throw badAddress(`port ${match[3]} is above 65535`);
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port };
}

const notAnAddress = (option: string, text: string, why: string) =>
  new TshornError('ERR_OPTION', `${option}: "${text}" is not an address: ${why}`, {
    fix: 'write HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or systemd:NAME, for instance 127.0.0.1:8000',
  });

/** The address as a person would type it: `127.0.0.1:8000`, `https://[::1]:8443`, `unix:/run/app.sock`. */
export function formatAddress(address: BindAddress): string {
  return `${address.scheme === undefined ? '' : `${address.scheme}://`}${formatPlace(address)}`;
}

function formatPlace(address: BindAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  if (address.kind === 'systemd') return `systemd:${address.name}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
