/** The blocks of a PEM file (RFC 7468): certificates and keys, with any text between them. */

export interface Block {
  /** `CERTIFICATE`, `PRIVATE KEY`, `EC PRIVATE KEY`, ... */
  readonly label: string;
  readonly text: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

export const blocksOf = (text: string): Block[] =>
  [...text.matchAll(BLOCK)].map(([block, label = '']) => ({ label, text: `${block}\n` }));

/**
 * The label of a block that has begun and has no end: the file is cut off, or is being written. `blocksOf` leaves such a
 * block out.
 */
export function cutOff(text: string): string | undefined {
  const begins = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)];
  for (const [at, { 1: label, index }] of begins.entries()) {
    const own = text.slice(index, begins[at + 1]?.index);
    if (!own.includes(`-----END ${label}-----`)) return label;
  }
  const last = text.slice(text.lastIndexOf('\n') + 1);
  return /^-{1,5}(?:B[A-Z0-9 ]*-{0,4})?$/.test(last) ? 'PEM block' : undefined;
}

export const isKey = ({ label }: Block): boolean => label.endsWith('PRIVATE KEY');

/** OpenSSL knows certificates by three names. */
export const isCertificate = ({ label }: Block): boolean =>
  label === 'CERTIFICATE' || label === 'X509 CERTIFICATE' || label === 'TRUSTED CERTIFICATE';

/** What a file holds that is not what was looked for; undefined where that cannot be told. */
export function describeContent(text: string): string | undefined {
  if (text.trim() === '') return 'it is empty';
  const blocks = blocksOf(text);
  if (blocks.some(isKey)) return 'it holds a private key';
  if (blocks.some(isCertificate)) return 'it holds a certificate';
  // The first byte of every certificate and key in DER: a sequence.
  if (text.startsWith('0\u0082') || text.startsWith('0\ufffd')) return 'it looks like DER, and PEM is wanted';
  return blocks[0] && `it holds a ${blocks[0].label.toLowerCase()}`;
}
