/** The one dynamic import of an app: alone here, because test runners rewrite import() to require(). */
import { pathToFileURL } from 'node:url';

export type ModuleExports = Readonly<Record<string, unknown>>;

export const importModule = (file: string): Promise<ModuleExports> => import(pathToFileURL(file).href);
