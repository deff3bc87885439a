/**
 * Breaks a text between words into lines of at most `width` columns. A word that is longer than a line, such as a path,
 * stays whole: people copy it.
 */
export function wrapWords(text: string, width: number): string[] {
  const [first = '', ...words] = text.split(' ');
  const lines = [first];
  for (const word of words) {
    const last = lines.at(-1) as string;
    if (last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

const HANGING = '       ';

/**
 * Wraps a rendered error for a terminal: what follows a line's first words hangs below them. Lines of somebody else's
 * making (`  | ...`) stay as they came.
 */
export function wrapError(text: string, columns: number): string {
  const wrap = (line: string) => {
    if (line.startsWith('  | ') || line.length <= columns) return line;
    const [first, ...rest] = wrapWords(line, columns - HANGING.length);
    return [first, ...rest.map((more) => HANGING + more)].join('\n');
  };
  return text.split('\n').map(wrap).join('\n');
}
