/**
 * The import() of files of the user. Alone here: the bundles of the command line and of the worker are compiled by node:vm,
 * where import() needs an experimental option that prints a warning, so scripts/program.mjs puts that of their entry point
 * in its place.
 */
export const importUrl = (url: string): Promise<Readonly<Record<string, unknown>>> => import(url);
