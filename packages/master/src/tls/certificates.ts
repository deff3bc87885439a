/** The certificates that the https listeners show: the master reads their files, and the workers get bytes. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '@tshorn/config';
import type { ToWorker } from '@tshorn/core';

export type CertificatesMessage = Extract<ToWorker, { type: 'certificates' }>;

type Files = Pick<Config, 'certfile' | 'keyfile' | 'keyfilePasswordFile' | 'caCerts'>;

export class Certificates {
  #message: CertificatesMessage;

  constructor(message: CertificatesMessage) {
    this.#message = message;
  }

  /** For a worker that boots. */
  get message(): CertificatesMessage {
    return this.#message;
  }
}

/** Reads the files of a start. */
export function openCertificates({ certfile, keyfile, keyfilePasswordFile, caCerts }: Files): Certificates {
  const passphrase = keyfilePasswordFile && readFileSync(keyfilePasswordFile, 'utf8').split(/\r?\n/)[0];
  const pairs = certfile.map((file, at) => ({
    cert: readFileSync(file, 'utf8'),
    key: String(
      createPrivateKey({ key: readFileSync(keyfile[at] as string), passphrase }).export({
        type: 'pkcs8',
        format: 'pem',
      }),
    ),
  }));
  return new Certificates({
    type: 'certificates',
    revision: 1,
    pairs,
    ...(caCerts !== undefined && { ca: readFileSync(caCerts, 'utf8') }),
    ticketKeys: randomBytes(48).toString('base64'),
  });
}
