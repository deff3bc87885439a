/** The plug of the front: loaded only with `--proxy-protocol`. */
import type { ToMaster } from '@tshorn/core';
import { Proxies } from '../access-log/client.ts';
import { isTls } from '../app/http-server.ts';
import type { Transport } from '../transport/transport.ts';
import type { Version } from './header.ts';
import { ProxyStep, passOn } from './step.ts';

interface Settings {
  readonly accepted: Version;
  readonly trustedProxies: readonly string[];
  readonly send: (message: ToMaster) => void;
}

export function openProxyProtocol(transport: Transport, settings: Settings): ProxyStep {
  const { accepted, trustedProxies, send } = settings;
  const step = new ProxyStep({
    accepted,
    proxies: new Proxies(trustedProxies),
    warn: (text) => send({ type: 'log', level: 'warn', text }),
  });
  transport.join(step);
  // An https.Server of the app makes the TLS connection by itself.
  if (isTls(transport.server)) transport.server.prependListener('secureConnection', passOn);
  return step;
}
