/**
 * Opens the listeners of a start: sockets that systemd passes, inherited listeners of a re-exec, and addresses that the
 * master binds itself. The code for `.socket` units is loaded only under one.
 */
import type { Resolved } from '@tshorn/config';
import { type BindAddress, TshornError } from '@tshorn/core';
import { bindAll, type FileRights, type Listener, type OwnAddress } from './listeners.ts';
import type { Logger } from './log.ts';
import type { InheritedListeners } from './re-exec/inherited-listeners.ts';

export interface Opening {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Pick<Logger, 'warn'>;
  /** Owner of the files of unix sockets; undefined: the master's user. */
  readonly owner: FileRights['owner'];
  /** Passed by the old master of a re-exec. */
  readonly inherited: InheritedListeners | undefined;
}

/**
 * Opens all listeners, or none. The variables of the activation are taken out of `env`, so that no other process
 * takes the sockets for its own.
 * @throws TshornError ERR_ADDRESS and its kin, naming the address or the socket
 */
export async function openListeners(
  { config, given }: Pick<Resolved, 'config' | 'given'>,
  { env, log, owner, inherited }: Opening,
): Promise<Listener[]> {
  const warn = (text: string) => log.warn({ event: 'unused-socket' }, text);
  const rights = { mode: config.unixMode, owner };
  const sockets = env.LISTEN_FDS === undefined ? (inherited?.activated() ?? []) : await activated(env, warn);
  const { redirectHttp, certfile } = config;
  const listeners =
    sockets.length === 0
      ? await bindAll(
          [...withoutActivated(config.bind), ...(redirectHttp ? [redirectHttp] : [])],
          rights,
          inherited,
        )
      : await (await import('./systemd/open.ts')).openActivated({
          sockets,
          binds: given.has('bind') ? config.bind : undefined,
          redirect: redirectHttp || undefined,
          scheme: certfile.length > 0 ? 'https' : undefined,
          rights,
          inherited,
          warn,
        });
  return redirectHttp ? withRedirect(listeners) : listeners;
}

/** The address of the redirect comes last. */
function withRedirect(listeners: readonly Listener[]): Listener[] {
  const portOf = (listener: Listener | undefined) =>
    listener?.address.kind === 'tcp' ? listener.address.port : undefined;
  const secure = listeners.filter(({ address }) => address.scheme === 'https');
  const https = portOf(secure.find((listener) => portOf(listener) !== undefined));
  const last = listeners.at(-1) as Listener;
  const http = portOf(last);
  const redirect = { ...(http !== undefined && { http }), ...(https !== undefined && { https }) };
  return [...listeners.slice(0, -1), { ...last, redirect }];
}

/** @throws TshornError ERR_ADDRESS when one of them is a socket that systemd was to pass */
function withoutActivated(addresses: readonly BindAddress[]): OwnAddress[] {
  const missing = addresses.find(({ kind }) => kind === 'systemd');
  if (missing) throw notActivated(missing);
  return addresses.filter((address) => address.kind !== 'systemd');
}

async function activated(env: NodeJS.ProcessEnv, warn: (text: string) => void) {
  const { LISTEN_PID } = env;
  const { activatedSockets } = await import('./systemd/activation.ts');
  const sockets = activatedSockets(env, process.pid);
  // npx or a script stands between systemd and this process, which would serve its default address without a word.
  if (LISTEN_PID !== String(process.pid)) {
    warn(
      `systemd has passed sockets to ${LISTEN_PID ? `pid=${LISTEN_PID}` : 'nobody'}, not to this process: start tshorn itself, or by exec`,
    );
  }
  return sockets;
}

function notActivated(address: BindAddress): TshornError {
  const name = address.kind === 'systemd' ? address.name : '';
  return new TshornError(
    'ERR_ADDRESS',
    `bind: systemd:${name}: systemd has passed no socket to this process`,
    {
      fix: 'start the service by its .socket unit, or write an address such as 127.0.0.1:8000',
    },
  );
}
