import fs from 'node:fs';

export type ReadText = (file: string) => string | undefined;

/** The text of a file; undefined where there is none, or it may not be read. */
export const readText: ReadText = (file) => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};
