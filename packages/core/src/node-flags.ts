/** The options of Node that load modules or change how they are found, as people write them before a file. */

const PRELOADS = /^(--(import|require|loader|experimental[-_]loader)|-r)$/;
const OTHERS = /^(--(conditions|env-file(-if-exists)?|title|disable-warning)|-C)$/;

/** True for the name of an option that loads a module before the program. */
export const isPreload = (name: string): boolean => PRELOADS.test(name);

/** True for an option whose value is the next word. One with `=` has its value with it. */
export const takesNextWord = (word: string): boolean => PRELOADS.test(word) || OTHERS.test(word);
