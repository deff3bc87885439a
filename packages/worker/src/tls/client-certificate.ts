/**
 * A session that resumes carries what its first handshake has found out about the client's certificate, and no handshake checks
 * it again. So a session counts only under the same demands as those that it was made under, and only as what it is.
 */
import { createHash } from 'node:crypto';
import type tls from 'node:tls';

export type CertReqs = 'none' | 'optional' | 'required';

/** OpenSSL takes 32 bytes at the most (SSL_MAX_SID_CTX_LENGTH). */
const DIGITS = 32;

/**
 * The context of a session (SSL_CTX_set_session_id_context(3)): a ticket of another one is put aside, and the client shakes hands
 * in full. Node's default is a digest of `process.argv`, which has the app's path: no session would resume after a reload to
 * another release.
 */
export const sessionContextOf = (certReqs: CertReqs, ca: string | undefined): string =>
  createHash('sha256')
    .update(JSON.stringify([certReqs, certReqs === 'none' ? '' : (ca ?? '')]))
    .digest('hex')
    .slice(0, DIGITS);

/** As Node 24 has it for a client without a certificate. */
const NO_CERTIFICATE = 'UNABLE_TO_GET_ISSUER_CERT';

/**
 * To Node 20 and 22, a TLS 1.3 client that resumes a session is authorized also where it has shown no certificate
 * (VerifyPeerCertificate, src/crypto/crypto_common.cc).
 * @returns false when the client has to be refused
 */
export function isAdmitted(socket: tls.TLSSocket, certReqs: CertReqs): boolean {
  if (certReqs === 'none' || !socket.authorized || socket.getPeerX509Certificate()) return true;
  socket.authorized = false;
  // Its type knows errors alone; Node gives the name of one.
  socket.authorizationError = NO_CERTIFICATE as unknown as Error;
  return certReqs !== 'required';
}
