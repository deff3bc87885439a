import type { X509Certificate } from 'node:crypto';

/**
 * The host names and addresses of a certificate in OpenSSL's words (`DNS:a.example, IP Address:10.0.0.1`), empty where it has none.
 * From Node 26 the getter throws for an extension that holds no name or a damaged one.
 */
export function alternativeNames(certificate: X509Certificate): string {
  try {
    return certificate.subjectAltName ?? '';
  } catch {
    return '';
  }
}
