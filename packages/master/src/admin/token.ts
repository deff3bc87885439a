/** The token of the admin listener (`--admin-token`). */
import { createHash, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import type { Config } from '@tshorn/config';
import { TshornError } from '@tshorn/core';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export class Token {
  readonly #digest: Buffer;

  constructor(text: string) {
    this.#digest = digest(text);
  }

  /** Compares in constant time: digests have one length, and tell nothing of a prefix. */
  #is(text: string): boolean {
    return timingSafeEqual(digest(text), this.#digest);
  }

  /** @param header `authorization`: a Bearer token, or Basic with the token as password, which a browser can send */
  allows(header: string | undefined): boolean {
    const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+) *$/i.exec(header ?? '') ?? [];
    if (scheme === '') return false;
    if (scheme.toLowerCase() === 'bearer') return this.#is(value);
    const pair = Buffer.from(value, 'base64').toString();
    const colon = pair.indexOf(':');
    return colon >= 0 && this.#is(pair.slice(colon + 1));
  }
}

/** Why the file keeps no secret; undefined where it does. */
export function exposed(file: string): string | undefined {
  const { mode = 0 } = fs.statSync(file, { throwIfNoEntry: false }) ?? {};
  if ((mode & 0o004) === 0) return undefined;
  return `every user of this machine can read ${file}: type chmod 600 ${file}`;
}

/**
 * Looks before a reload whether its token can be read: it would commit otherwise, and the one before would stay in force.
 * @throws TshornError ERR_OPTION as of readToken
 */
export function checkToken({
  admin,
  agent,
  adminToken,
}: Pick<Config, 'admin' | 'agent' | 'adminToken'>): void {
  if (adminToken !== undefined && admin.length + agent.length > 0) readToken(adminToken);
}

/**
 * Reads the file: its first line is the token.
 * @throws TshornError ERR_OPTION when there is no such file, or no token in it
 */
export function readToken(file: string): Token {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TshornError('ERR_OPTION', `admin-token: cannot read ${file}: ${code}`, {
      fix: 'write the token into that file, readable for the user of the master',
    });
  }
  const token = (text.split('\n', 1)[0] as string).trim();
  if (/^[\x21-\x7e]{8,1024}$/.test(token)) return new Token(token);
  const got = token === '' ? 'its first line is empty' : 'its first line is no token';
  throw new TshornError('ERR_OPTION', `admin-token: ${file}: ${got}`, {
    fix: 'a token has 8 to 1024 printable characters and no space; one way to make it: openssl rand -hex 32',
  });
}
