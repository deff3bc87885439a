/**
 * The Huffman code of HPACK (RFC 7541, appendix B), decoded four bits at a time. The code is canonical (section 5.2): the
 * lengths determine it. The shortest code has 5 bits, so four bits complete at most one symbol.
 */

/** Bits of the code of each byte, and of EOS. */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const EOS = 256;
const LONGEST = 30;

/** A node of the code's tree: by bit, another node, or the symbol of a leaf below zero (`~symbol`). */
type Node = [number, number];

function buildTree(): Node[] {
  const nodes: Node[] = [[0, 0]];
  let code = 0;
  for (let length = 1; length <= LONGEST; length++) {
    for (let symbol = 0; symbol <= EOS; symbol++) {
      if (LENGTHS[symbol] !== length) continue;
      let at = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const node = nodes[at] as Node;
        const side = (code >> bit) & 1;
        if (node[side] === 0) node[side] = nodes.push([0, 0]) - 1;
        at = node[side] as number;
      }
      (nodes[at] as Node)[code & 1] = ~symbol;
      code++;
    }
    code <<= 1;
  }
  return nodes;
}

/** By `16 * node + four bits`: the next node, with the symbol that they complete in the upper half, or FAILED. */
const FAILED = 0xffff_ffff;
const NO_SYMBOL = 0xff00_0000;

/** Nodes at which a string may end: fewer than 8 bits, all ones, the begin of EOS (section 5.2). */
function buildTables(): { transitions: Uint32Array; ends: Uint8Array } {
  const nodes = buildTree();
  const transitions = new Uint32Array(nodes.length * 16);
  for (let start = 0; start < nodes.length; start++) {
    for (let nibble = 0; nibble < 16; nibble++) transitions[start * 16 + nibble] = walk(nodes, start, nibble);
  }
  const ends = new Uint8Array(nodes.length);
  for (let at = 0, depth = 0; depth < 8; depth++) {
    ends[at] = 1;
    at = (nodes[at] as Node)[1];
  }
  return { transitions, ends };
}

function walk(nodes: readonly Node[], start: number, nibble: number): number {
  let at = start;
  let symbol = -1;
  for (let bit = 3; bit >= 0; bit--) {
    const next = (nodes[at] as Node)[(nibble >> bit) & 1] as number;
    if (next >= 0) {
      at = next;
      continue;
    }
    symbol = ~next;
    // A string that has EOS within is an error (section 5.2).
    if (symbol === EOS) return FAILED;
    at = 0;
  }
  return ((symbol < 0 ? NO_SYMBOL : (symbol << 16) >>> 0) | at) >>> 0;
}

const { transitions, ends } = buildTables();
let scratch = Buffer.allocUnsafe(4_096);

/** @returns the string, a character for each byte; undefined for a broken one */
export function decodeHuffman(from: Uint8Array, begin: number, end: number): string | undefined {
  const most = Math.ceil(((end - begin) * 8) / 5);
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
  let length = 0;
  let at = 0;
  for (let i = begin; i < end; i++) {
    const byte = from[i] as number;
    const high = transitions[at * 16 + (byte >> 4)] as number;
    if (high === FAILED) return undefined;
    if (high < NO_SYMBOL) scratch[length++] = high >>> 16;
    const low = transitions[(high & 0xffff) * 16 + (byte & 15)] as number;
    if (low === FAILED) return undefined;
    if (low < NO_SYMBOL) scratch[length++] = low >>> 16;
    at = low & 0xffff;
  }
  return ends[at] === 1 ? scratch.toString('latin1', 0, length) : undefined;
}
