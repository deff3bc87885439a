/** Addresses that datagrams are sent to. */
import { type Kind, WrongValue } from './kinds.ts';

export interface UdpTarget {
  readonly host: string;
  readonly port: number;
}

export const udpTarget: Kind<UdpTarget> = {
  meta: 'udp://HOST:PORT',
  input: 'string',
  expected: 'an address such as udp://127.0.0.1:9000',
  parse(input) {
    const match =
      typeof input === 'string'
        ? /^udp:\/\/(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]+)):(\d+)\/?$/i.exec(input)
        : null;
    const port = Number(match?.[3]);
    const host = match?.[1] ?? match?.[2];
    if (host === undefined || !(port > 0 && port < 65_536)) throw new WrongValue();
    return { host, port };
  },
  format: ({ host, port }) => `udp://${host.includes(':') ? `[${host}]` : host}:${port}`,
  schema: { type: 'string', pattern: '^udp://' },
};

/** The address of a server that is sent datagrams. */
export const hostPort: Kind<UdpTarget> = {
  ...udpTarget,
  meta: 'HOST:PORT',
  expected: 'an address such as 127.0.0.1:8125 or statsd.example.org:8125',
  parse: (input) =>
    udpTarget.parse(typeof input === 'string' ? `udp://${input.replace('udp://', '')}` : input),
  format: (value) => udpTarget.format(value).replace('udp://', ''),
  schema: { type: 'string', pattern: ':[0-9]+$' },
};
