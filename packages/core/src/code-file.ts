/**
 * A file with code that V8 has compiled. V8 looks at its own version, its flags and the length of the text
 * (https://nodejs.org/api/vm.html#new-vmscriptcode-options), and at nothing of the code itself: damaged code kills the process.
 * So the file begins with two sums, of the text and of the code.
 */
import fs from 'node:fs';

/** V8 copies code that does not lie at a multiple of 8. */
const HEADER = 8;
const ROOT = 0;

/** The file is there, and its code is not run. */
export interface Refusal {
  readonly file: string;
  readonly reason: string;
  /** Somebody else could have written it. */
  readonly isUnsafe: boolean;
}

export const describeRefusal = ({ file, reason }: Refusal): string =>
  `the compiled code of tshorn itself is not used: ${file} ${reason}; it is removed and made anew`;

/** @param source sum of the text that the code has to be made of @returns undefined where there is no file */
export function readCode(file: string, source: number): { readonly code: Buffer } | Refusal | undefined {
  const refuse = (reason: string, isUnsafe = false) => ({ file, reason, isUnsafe });
  let descriptor: number | undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    descriptor = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile()) return refuse('is not a regular file', true);
    if (stat.uid !== ROOT && stat.uid !== process.geteuid?.()) {
      return refuse(`belongs to uid ${stat.uid}`, true);
    }
    if ((stat.mode & 0o022) !== 0) return refuse('is writable by other users', true);
    const content = fs.readFileSync(descriptor);
    const code = content.subarray(HEADER);
    if (content.length <= HEADER || content.readUInt32LE(4) !== sumOf(code)) return refuse('is damaged');
    return content.readUInt32LE(0) === source ? { code } : refuse('is that of another text');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    return code === 'ELOOP' ? refuse('is a symbolic link', true) : refuse(`cannot be read (${code})`);
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** The content of such a file. */
export function withSums(source: number, code: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(source, 0);
  header.writeUInt32LE(sumOf(code), 4);
  return Buffer.concat([header, code]);
}

/**
 * A sum against accidents. Each step can be undone, so that a change in one word always shows; the turn takes high bits back to
 * the low ones. For a program it takes about as long as loading node:zlib for its crc32, and none of that module's memory.
 */
export function sumOf(bytes: Buffer): number {
  const whole = bytes.length >>> 2;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, whole);
  let sum = bytes.length | 0;
  for (let at = 0; at < whole; at++) {
    sum = Math.imul(sum ^ (words[at] as number), 0x5bd1e995);
    sum = (sum << 13) | (sum >>> 19);
  }
  for (let at = whole * 4; at < bytes.length; at++) sum = Math.imul(sum ^ (bytes[at] as number), 0x5bd1e995);
  return sum >>> 0;
}
