import { TshornError } from '@tshorn/core';
import { HOOK_NAMES, type Hooks } from './hooks.ts';
import { type Kind, NONE, WrongValue } from './kinds.ts';
import { didYouMean } from './nearest.ts';

/** The object of hook functions. A misspelt hook would be one that never runs, so it is an error. */
export const hookFunctions: Kind<Hooks> = {
  meta: 'OBJECT',
  input: 'Hooks',
  expected: 'an object of functions',
  parse(input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new WrongValue();
    for (const [name, hook] of Object.entries(input)) {
      if (!(HOOK_NAMES as readonly string[]).includes(name)) {
        throw new TshornError('ERR_HOOK', `hooks.${name}: unknown hook${didYouMean(name, HOOK_NAMES)}`, {
          fix: `the hooks are ${HOOK_NAMES.join(', ')}`,
        });
      }
      if (hook !== undefined && typeof hook !== 'function') {
        throw new TshornError('ERR_HOOK', `hooks.${name}: got ${JSON.stringify(hook)}; expected a function`);
      }
    }
    return Object.fromEntries(Object.entries(input).filter(([, hook]) => hook !== undefined));
  },
  format: (hooks) => Object.keys(hooks).join(', ') || NONE,
  schema: undefined,
};
