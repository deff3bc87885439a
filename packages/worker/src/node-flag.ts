import { nodeOptionsIn } from '@tshorn/core';

/** True when this process has the flag of Node's, on its command line or in NODE_OPTIONS. @param name with its dashes */
export function hasNodeFlag(name: string): boolean {
  const { execArgv, env } = process;
  return (
    execArgv.includes(name) || nodeOptionsIn(env.NODE_OPTIONS ?? '').some((option) => option.name === name)
  );
}
