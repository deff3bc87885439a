/** The declarations of `case.ts` in a folder of test/real/packages, one or a list; the files are beside it in `app`. */

export interface RealRequest {
  readonly path: string;
  /** Default: 200. */
  readonly status?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RealPackage {
  /** A word that `npm run test:real` takes; the name of the folder is another one. */
  readonly name: string;
  /** The dependencies in app/package.json whose versions the table shows; the rest is what they need. */
  readonly shows: readonly string[];
  /** Arguments of node, relative to the folder. `{port}` is replaced by a free port, here and below. */
  readonly node: readonly string[];
  /** Arguments of tshorn; those for the app follow `--`. Default: those of node. */
  readonly tshorn?: readonly string[];
  /** Options of node in both runs, as in NODE_OPTIONS. */
  readonly nodeOptions?: string;
  /** Besides PORT, which is set in both runs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Compared between node and tshorn; the first one is also the load. */
  readonly requests: readonly (string | RealRequest)[];
  /** Response headers and parts of bodies that differ from one process to the next, as under node. */
  readonly varies?: { readonly headers?: readonly string[]; readonly body?: RegExp };
  /** Arguments of npm commands (`npm exec` and the like) that build the app once. */
  readonly build?: readonly (readonly string[])[];
  /** A line that the app prints when it has cleaned up. */
  readonly cleanUp?: RegExp;
  /** A line that the app prints for each request of the load; it must appear under tshorn as well. */
  readonly prints?: RegExp;
  /** True: `.ci/run` runs it. */
  readonly light?: boolean;
  /** The oldest Node on which the package runs. Default: 20. */
  readonly sinceNode?: number;
  /** A module that npm may not be able to install on every machine, since its binary comes from elsewhere. */
  readonly native?: string;
}
