/** Ecosystem files of test/fixtures/ecosystem: what becomes of each app. */

export interface Expected {
  /** Texts that the config file has. */
  readonly has?: readonly string[];
  readonly hasNot?: readonly string[];
  /** Kinds of notes by key. A key that is not named has none, but for the kind `unneeded`. */
  readonly notes?: Readonly<Record<string, 'differs' | 'left-out' | 'unneeded' | 'unknown'>>;
  /** Members of the answer of the app, as it runs with that config file. Absent: it cannot be started here. */
  readonly serves?: Readonly<Record<string, unknown>>;
  /** The app is not imported, and why. */
  readonly refused?: RegExp;
}

export interface Case {
  readonly file: string;
  readonly args?: readonly string[];
  /** The environment that the command is typed in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly apps: Readonly<Record<string, Expected>>;
  /** Notes about the file. */
  readonly general?: readonly string[];
}

/** An app named `api` that starts and serves. */
export const api = (expected: Expected) => ({ api: { serves: {}, ...expected } });

export const PORT_3000 = ["bind: ':3000', // env.PORT"];
