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
