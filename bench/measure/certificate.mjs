/** A certificate of its own for each run. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** ECDSA on P-256, as Let's Encrypt gives by default. @returns {string} the file of the certificate and its key */
export function certificate(directory) {
  const pem = path.join(directory, 'localhost.pem');
  const key = path.join(directory, 'key.pem');
  const argv = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-days', '30', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...argv, '-keyout', key, '-out', pem, ...subject], { stdio: 'ignore' });
  fs.appendFileSync(pem, fs.readFileSync(key));
  fs.chmodSync(pem, 0o600);
  return pem;
}
