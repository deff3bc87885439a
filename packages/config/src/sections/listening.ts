import { parseAddress, TshornError } from '@tshorn/core';
import { addresses } from '../address-kinds.ts';
import { octal, oneOf, wholeNumber } from '../kinds.ts';
import { section } from '../row.ts';

export const listening = section('Listening', {
  bind: {
    kind: addresses,
    short: 'b',
    default: {
      compute: ({ env }) => [parseAddress(env.PORT ? `:${portFrom(env.PORT)}` : '127.0.0.1:8000')],
      inWords:
        '127.0.0.1:8000, or :$PORT (every address, IPv6 and IPv4) when PORT is set; every socket that systemd passes, where it passes any',
      reads: 'PORT',
    },
    summary: 'The address to listen on: HOST:PORT, :PORT, [IPV6]:PORT, unix:PATH or systemd:NAME; repeatable',
    details:
      'The environment variable takes several addresses, separated by commas. PORT alone is `:PORT`: every address of the machine. With port 0 the kernel chooses a free port. `https://` before an address has TLS spoken there, which needs `--certfile`; with a certificate that is the default, and `http://` keeps an address plain.',
    reloadable: false,
  },
  backlog: {
    kind: wholeNumber(1, 2_147_483_647),
    default: 511,
    summary: 'How many connections the kernel queues for each address until a worker accepts them',
    details:
      'Each worker sets the length when it begins to listen, so a reload changes it. Linux limits it to `net.core.somaxconn`.',
    reloadable: true,
    worker: true,
  },
  proxyProtocol: {
    kind: oneOf('off', 'v1', 'v2', 'auto'),
    default: 'off',
    summary: 'A proxy tells the address of each client by a header of the PROXY protocol, before all else',
    details:
      'Every connection of `--trusted-proxies` has to begin with such a header, of that version or, with `auto`, of either; its address is that of the client for the app. Connections from elsewhere are served as they are. See [Proxies](proxies.md).',
    reloadable: true,
    worker: true,
  },
  unixMode: {
    kind: octal,
    default: 0o660,
    summary: 'Permissions of unix sockets, in octal',
    details: 'In a config file it is a text, because the numbers 660 and 0o660 differ.',
    reloadable: false,
  },
});

function portFrom(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return text;
  const fix = text.includes('/') ? { fix: `for a unix socket: --bind unix:${text}` } : {};
  throw new TshornError('ERR_OPTION', `PORT: got "${text}"; expected a port from 0 to 65535`, fix);
}
