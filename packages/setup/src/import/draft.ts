/** The config file of one app as it grows: lines of options, and notes for what no line can say. */

/** A text that stands in the file as code. */
export type Code = string;

export interface Line {
  /** An option of tshorn, or undefined for a line that is a comment alone. */
  readonly option: string | undefined;
  readonly code: Code;
  readonly comment: string;
}

/**
 * `differs`: mapped, and has another effect. `left-out`: not mapped, and something is lost. `unneeded`: not mapped, and
 * nothing is lost. `unknown`: no key of PM2.
 */
export type NoteKind = 'differs' | 'left-out' | 'unneeded' | 'unknown';

export interface Note {
  readonly kind: NoteKind;
  readonly key: string;
  readonly text: string;
}

export class Draft {
  readonly lines: Line[] = [];
  readonly notes: Note[] = [];
  /** Lines of code above the config. */
  readonly imports = new Set<Code>();
  /** Statements of the hook `postFork`. */
  readonly postFork: Line[] = [];
  /** Options of Node for the workers, and the keys that ask for them. */
  readonly #nodeOptions: string[] = [];
  readonly #askedBy = new Set<string>();

  set(option: string, code: Code, comment: string): void {
    this.lines.push({ option, code, comment });
  }

  /** A line that is a comment alone, where the line of that option would stand. */
  remark(option: string, comment: string): void {
    this.lines.push({ option: undefined, code: option, comment });
  }

  note(kind: NoteKind, key: string, text: string): void {
    this.notes.push({ kind, key, text });
  }

  /** Adds options of Node that NODE_OPTIONS may hold, and their values; the others are left out. */
  addNodeOptions(words: readonly string[], key: string): void {
    let isRefused = false;
    for (const word of words) {
      const name = word.split('=')[0] as string;
      if (word.startsWith('-')) isRefused = !process.allowedNodeEnvironmentFlags.has(name);
      if (!isRefused) {
        this.#nodeOptions.push(/\s/.test(word) ? `"${word}"` : word);
        this.#askedBy.add(key);
      } else if (word.startsWith('-')) {
        this.note('left-out', key, `${name}: Node does not allow it in NODE_OPTIONS, which workers get`);
      }
    }
  }

  /** Called once, after everything that adds options of Node. */
  finishNodeOptions(): void {
    if (this.#nodeOptions.length === 0) return;
    this.set('nodeOptions', literal(this.#nodeOptions.join(' ')), [...this.#askedBy].join(', '));
  }
}

/** A value as a person would write it in a script. */
export function literal(value: unknown): Code {
  if (typeof value === 'string') {
    const body = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"');
    return `'${body.replaceAll("'", "\\'")}'`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return JSON.stringify(value);
}

/** The name of a member: quoted only where it has to be. */
export const memberName = (name: string): Code =>
  /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : literal(name);
