/** The result of taking a script of PM2 apart. */

/** The app that runs in each worker. */
export interface Runs {
  readonly app: string;
  readonly args: readonly string[];
  /** Options of Node, with their values. */
  readonly flags: readonly string[];
  /** Variables that the command line sets, over those of the app. */
  readonly variables: Readonly<Record<string, string>>;
  /** How the script came to be this app, such as `npm start`. */
  readonly through?: string;
  /** Notes for people, about `script` or another key. */
  readonly notes: readonly RunsNote[];
}

export interface RunsNote {
  readonly key: string;
  readonly kind: 'differs' | 'left-out';
  readonly text: string;
}

/** The app is none that tshorn can serve. */
export interface Refused {
  readonly refused: string;
  /** A line to type instead, which stays whole. */
  readonly line?: string;
}

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
}
