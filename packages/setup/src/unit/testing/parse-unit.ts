/** Reads a unit file as systemd does: systemd.syntax(7), and "COMMAND LINES" in systemd.service(5). */

/** The assignments of all sections in order, lines as they are. */
export function settingsOf(text: string): [name: string, value: string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    if (line === '' || /^[#;[]/.test(line)) return [];
    const at = line.indexOf('=');
    if (at < 1 || line.endsWith('\\')) throw new Error(`no setting: ${line}`);
    return [[line.slice(0, at), line.slice(at + 1)]];
  });
}

/** The last value of a setting; undefined where there is none. */
export const settingOf = (text: string, name: string): string | undefined =>
  settingsOf(text).findLast(([each]) => each === name)?.[1];

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
  s: ' ',
};

/** Words as extract_first_word() of systemd with EXTRACT_UNQUOTE and EXTRACT_CUNESCAPE; `;` alone is refused. */
export function wordsOf(value: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < value.length) {
    if (/[ \t]/.test(value[at] as string)) {
      at++;
      continue;
    }
    if (/^;([ \t]|$)/.test(value.slice(at))) throw new Error('a second command');
    let word = '';
    let quote = '';
    for (; at < value.length; at++) {
      const character = value[at] as string;
      if (character === '\\') {
        const [, unicode] = /^\\u([0-9a-f]{4})/.exec(value.slice(at)) ?? [];
        const plain = ESCAPES[value[at + 1] ?? ''];
        if (unicode === undefined && plain === undefined) throw new Error(`unknown escape in ${value}`);
        word += unicode === undefined ? plain : String.fromCharCode(Number.parseInt(unicode, 16));
        at += unicode === undefined ? 1 : 5;
      } else if (quote) {
        if (character === quote) quote = '';
        else word += character;
      } else if (character === '"' || character === "'") quote = character;
      else if (/[ \t]/.test(character)) break;
      else word += character;
    }
    if (quote) throw new Error(`an open quote in ${value}`);
    words.push(word);
  }
  return words.map(specifiers);
}

/** The words of `ExecStart=` as the program gets them. */
export const argvOf = (value: string): string[] =>
  wordsOf(value).map((word, at) => {
    if (at === 0) return word;
    if (/(^|[^$])(\$\$)*\$([^$]|$)/.test(word)) throw new Error(`a variable in ${word}`);
    return word.replaceAll('$$', '$');
  });

/** Refuses a specifier such as `%n`. */
export function specifiers(text: string): string {
  if (/(^|[^%])(%%)*%([^%]|$)/.test(text)) throw new Error(`a specifier in ${text}`);
  return text.replaceAll('%%', '%');
}
