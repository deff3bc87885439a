/** The scheme of each address of `--bind`: http or https. */
import { type BindAddress, formatAddress, placeOf, spoken, TshornError } from '@tshorn/core';
import type { Config } from './options.ts';

type Given = Pick<Config, 'bind' | 'certfile' | 'keyfile' | 'redirectHttp' | 'certReqs' | 'caCerts'>;

/**
 * Gives each address its scheme: with a certificate, one without a scheme speaks TLS, as in Gunicorn.
 * @throws TshornError ERR_OPTION where certificates, keys and addresses do not fit together
 */
export function withSchemes({
  bind,
  certfile,
  keyfile,
  redirectHttp,
  certReqs,
  caCerts,
}: Given): BindAddress[] {
  if (certfile.length !== keyfile.length) throw uneven(certfile.length, keyfile.length);
  if (certReqs !== 'none' && caCerts === undefined) throw noAuthorities(certReqs);
  const secure = bind.find(({ scheme }) => scheme === 'https');
  if (secure && certfile.length === 0) {
    const text = `bind: ${formatAddress(secure)} needs a certificate, and there is no --certfile`;
    throw new TshornError('ERR_OPTION', text, {
      fix: `give --certfile FILE and --keyfile FILE, or serve plain HTTP with --bind ${formatAddress(placeOf(secure))}`,
    });
  }
  const all = bind.map((address) =>
    spoken(address, address.scheme ?? (certfile.length > 0 ? 'https' : undefined)),
  );
  if (redirectHttp && !all.some(({ scheme }) => scheme === 'https')) {
    const text = `redirect-http: ${formatAddress(redirectHttp)} has nowhere to send clients: no address of --bind speaks https`;
    throw new TshornError('ERR_OPTION', text, {
      fix: 'give --certfile FILE and --keyfile FILE, or leave --redirect-http out',
    });
  }
  const same = redirectHttp && all.find((address) => isTaken(redirectHttp, address));
  if (same) {
    const text = `redirect-http: ${formatAddress(redirectHttp)} is taken by --bind ${formatAddress(same)}`;
    throw new TshornError('ERR_OPTION', text, {
      fix: 'give --redirect-http an address of its own, such as :80; plain HTTP and https cannot share one',
    });
  }
  return all;
}

const EVERY_ADDRESS = ['', '0.0.0.0', '::'];

/** True where the kernel refuses the second of the two. */
function isTaken(one: BindAddress, other: BindAddress): boolean {
  if (one.kind !== 'tcp' || other.kind !== 'tcp')
    return formatAddress(placeOf(one)) === formatAddress(placeOf(other));
  if (one.port !== other.port || one.port === 0) return false;
  return one.host === other.host || [one.host, other.host].some((host) => EVERY_ADDRESS.includes(host));
}

function uneven(certificates: number, keys: number): TshornError {
  const text = `certfile, keyfile: there are ${certificates} --certfile and ${keys} --keyfile`;
  return new TshornError('ERR_OPTION', text, {
    fix: 'give one --keyfile for each --certfile, in the same order; a file that holds both is named in both',
  });
}

const noAuthorities = (certReqs: string) =>
  new TshornError('ERR_OPTION', `cert-reqs: ${certReqs} needs authorities, and there is no --ca-certs`, {
    fix: 'name the file of the authorities that have signed the certificates of the clients with --ca-certs FILE',
  });
