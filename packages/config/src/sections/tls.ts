import { redirectAddress } from '../address-kinds.ts';
import { oneOf, orNone, text, yesNo } from '../kinds.ts';
import { namedFiles, path } from '../path-kinds.ts';
import { section } from '../row.ts';
import { tlsVersion } from '../tls-kinds.ts';

export const tls = section('TLS', {
  certfile: {
    kind: namedFiles,
    default: [],
    summary: 'The file of a certificate with its chain, in PEM; repeatable, one for each --keyfile',
    details:
      'With a certificate, an address of `--bind` without a scheme speaks HTTPS. Of several pairs, the name that the client asks for (SNI) chooses one; the first pair is for all other names. The files are read at the start, at a reload, and when they change. A relative path starts from the directory of the command or config file that names it. See [TLS](tls.md).',
    reloadable: true,
  },
  keyfile: {
    kind: namedFiles,
    default: [],
    summary:
      'The file of the private key of a certificate, in PEM; the first belongs to the first --certfile',
    details:
      'The master alone reads it, with its own rights: the user of the workers (`--user`) needs none for it. Where `--certfile` holds certificate and key in one file, name that file in both.',
    reloadable: true,
  },
  keyfilePasswordFile: {
    kind: orNone(path('FILE', 'the path of a file'), undefined),
    default: undefined,
    summary: 'The file with the password of encrypted private keys',
    details: 'Its first line is the password of every `--keyfile` that is encrypted.',
    reloadable: true,
  },
  caCerts: {
    kind: orNone(path('FILE', 'the path of a file'), undefined),
    default: undefined,
    summary: 'The file of the authorities that client certificates are checked against, in PEM',
    details: 'Needed by `--cert-reqs optional` and `required`.',
    reloadable: true,
  },
  certReqs: {
    kind: oneOf('none', 'optional', 'required'),
    default: 'none',
    summary: 'Asks clients for a certificate; required refuses a handshake without a valid one',
    details:
      'With `optional` the app decides: `req.socket.authorized` says whether the certificate is valid, and `req.socket.getPeerCertificate()` is the certificate.',
    reloadable: true,
    worker: true,
  },
  tlsMinVersion: {
    kind: tlsVersion,
    default: 'TLSv1.2',
    summary: 'The lowest version of TLS that is spoken',
    details: 'Connections of TLS 1.3 move at a reload; those of TLS 1.2 are closed in order.',
    reloadable: true,
    worker: true,
  },
  tlsCiphers: {
    kind: orNone(text('LIST', 'a cipher list of OpenSSL', /^[\x21-\x7e]+$/), ''),
    default: { compute: () => '', inWords: 'those of Node' },
    summary: 'The cipher suites that are offered, as a list of OpenSSL',
    details: "For example `TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256`: Node's `ciphers`.",
    reloadable: true,
    worker: true,
  },
  tlsHandoff: {
    kind: yesNo,
    default: true,
    summary: 'A reload moves TLS 1.3 connections to the new workers, too',
    details:
      'The secrets of such a connection pass from worker to worker by way of the master, which keeps none. With `no` they never leave their process, and idle TLS connections are closed after `--idle-linger`. See [TLS connections move](tls.md#tls-connections-move).',
    reloadable: true,
    worker: true,
  },
  redirectHttp: {
    kind: redirectAddress,
    default: '',
    summary: 'An address where plain HTTP is answered with a redirect (308) to https, such as :80',
    details:
      'The redirect keeps host, path and query, and names the port of the first https address of `--bind`. A request without a valid `Host` gets 400. See [TLS](tls.md#redirect-from-http).',
    reloadable: false,
    worker: true,
  },
});
