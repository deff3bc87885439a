/** IP addresses as bytes and as text, in the form that the kernel's `inet_ntop` has, and so `socket.remoteAddress`. */

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** @returns a decimal number without a leading zero, at most `most`; undefined for any other text */
export function decimal(text: string, most: number): number | undefined {
  if (text.length === 0 || text.length > 5 || (text.length > 1 && text[0] === '0')) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < DIGIT_0 || code > DIGIT_9) return undefined;
    value = value * 10 + (code - DIGIT_0);
  }
  return value > most ? undefined : value;
}

/** @returns four bytes; undefined for what is no address in dotted decimal */
export function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.', 5).map((part) => decimal(part, 255));
  if (parts.length !== 4 || parts.includes(undefined)) return undefined;
  return parts as number[];
}

function hexGroup(text: string): number | undefined {
  if (text.length === 0 || text.length > 4) return undefined;
  let value = 0;
  for (const character of text) {
    const digit = '0123456789abcdef'.indexOf(character.toLowerCase());
    if (digit < 0) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

/** The groups on one side of `::`; the last one of an address may be an IPv4 address. */
function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':', 9);
  const groups: number[] = [];
  for (const [at, part] of parts.entries()) {
    const quad = isEnd && at === parts.length - 1 && part.includes('.') ? ipv4Bytes(part) : undefined;
    if (quad) {
      const [a = 0, b = 0, c = 0, d = 0] = quad;
      groups.push(a * 256 + b, c * 256 + d);
      continue;
    }
    const group = hexGroup(part);
    if (group === undefined) return undefined;
    groups.push(group);
  }
  return groups;
}

/** @returns eight groups of 16 bits; undefined for what is no IPv6 address (RFC 4291, section 2.2), or has a zone */
export function ipv6Groups(text: string): number[] | undefined {
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = groupsOf(text, true);
    return groups?.length === 8 ? groups : undefined;
  }
  const before = groupsOf(text.slice(0, gap), false);
  const after = groupsOf(text.slice(gap + 2), true);
  if (!before || !after || before.length + after.length > 7) return undefined;
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

export const groupsOfBytes = (bytes: Uint8Array): number[] =>
  Array.from({ length: 8 }, (_, at) => (bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0));

/** The longest run of zero groups, the first of equal ones; one group alone is not shortened (RFC 5952, section 4.2). */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let end = at;
    while (groups[end] === 0) end++;
    if (end - at > best.length) best = { start: at, length: end - at };
    if (end > at) at = end;
  }
  return best;
}

const hexText = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');

export function ipv6Text(groups: readonly number[]): string {
  const { start, length } = longestZeros(groups);
  const isMapped = start === 0 && length === 5 && groups[5] === 0xffff;
  // As `inet_ntop` writes those with 96 bits of zero ("compatible"), which RFC 4291 has deprecated.
  const isCompatible = start === 0 && length === 6;
  if (isMapped || isCompatible) {
    const [high = 0, low = 0] = groups.slice(6);
    const quad = [high >> 8, high & 255, low >> 8, low & 255].join('.');
    return isMapped ? `::ffff:${quad}` : `::${quad}`;
  }
  if (start < 0) return hexText(groups);
  return `${hexText(groups.slice(0, start))}::${hexText(groups.slice(start + length))}`;
}
