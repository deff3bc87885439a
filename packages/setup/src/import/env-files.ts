/** `--env-file` of Node. NODE_OPTIONS cannot hold it; a config file has an option for it. */

export interface DividedFlags {
  /** The other words. */
  readonly rest: readonly string[];
  /** The files that Node reads. */
  readonly files: readonly string[];
  /** Files of `--env-file-if-exists` that are not there. */
  readonly missing: readonly string[];
}

const FLAG = /^--env-file(-if-exists)?(?:=(.*))?$/s;

/**
 * @param words options of Node and their values
 * @param isThere true for a file that exists, as it is named
 */
export function divideEnvFiles(words: readonly string[], isThere: (file: string) => boolean): DividedFlags {
  const [rest, files, missing]: [string[], string[], string[]] = [[], [], []];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const found = FLAG.exec(word);
    if (!found) {
      rest.push(word);
      continue;
    }
    const file = found[2] ?? words[++at] ?? '';
    (found[1] === undefined || isThere(file) ? files : missing).push(file);
  }
  return { rest, files, missing };
}
