/** Renders the `.socket` file. Pure but for the addresses of host names, which the caller looks up. */
import { type BindAddress, formatAddress, placeOf, TshornError } from '@tshorn/core';
import { restOfLine } from './quote.ts';

export interface Socket {
  readonly name: string;
  readonly description: string;
  readonly head: readonly string[];
  readonly binds: readonly BindAddress[];
  /** The mode of a unix socket. */
  readonly unixMode: number;
  readonly user?: string;
  /** The IP address of a host name. */
  addressOf(host: string): string;
}

/** @throws TshornError ERR_OPTION for an address that systemd cannot listen on */
export function socketFile({ name, description, head, binds, unixMode, user, addressOf }: Socket): string {
  const hasUnix = binds.some(({ kind }) => kind === 'unix');
  const hasAny = binds.some((bind) => bind.kind === 'tcp' && bind.host === '');
  return [
    ...head.map((line) => `# ${line}`),
    '',
    '[Unit]',
    `Description=${restOfLine('Description', description)}`,
    '',
    '[Socket]',
    '# A client that connects while the service is stopped or restarted waits, and is answered.',
    ...binds.map((bind) => `ListenStream=${restOfLine('ListenStream', listened(bind, addressOf))}`),
    ...(hasAny ? ['# IPv4 as well as IPv6.', 'BindIPv6Only=both'] : []),
    ...(hasUnix
      ? [
          ...(user === undefined ? [] : [`SocketUser=${user}`]),
          '# The group of the proxy in front of it, if that is another user.',
          '#SocketGroup=',
          `SocketMode=0${unixMode.toString(8)}`,
        ]
      : []),
    `FileDescriptorName=${name}`,
    '',
    '[Install]',
    'WantedBy=sockets.target',
    '',
  ].join('\n');
}

function listened(bind: BindAddress, addressOf: (host: string) => string): string {
  if (bind.kind === 'unix') return bind.path;
  if (bind.kind === 'systemd' || bind.port === 0) {
    throw new TshornError('ERR_OPTION', `--socket: systemd cannot listen on ${formatAddress(bind)}`, {
      fix: 'name the address and the port with --bind, such as --bind :8000',
    });
  }
  if (bind.host === '') return String(bind.port);
  return formatAddress({ ...placeOf(bind), host: addressOf(bind.host) });
}
