/** This Node, and the options that its processes get. */
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { nodeOptionsIn } from '@tshorn/core';
import type { NodeFacts } from '../facts.ts';
import type { System } from '../system.ts';

/** @param more of --node-options */
export function nodeOf(system: System, cwd: string, more = ''): NodeFacts {
  const options = nodeOptionsIn(`${system.env.NODE_OPTIONS ?? ''} ${more}`);
  const preloads = options.filter(({ name }) => /^(-r|--require|--import)$/.test(name));
  const modules = preloads.flatMap(({ value }) => value ?? []);
  return { ...system.node, options, missingModules: modules.filter((name) => !isThere(name, cwd)) };
}

function isThere(name: string, cwd: string): boolean {
  // A URL: `data:` has no file.
  if (/^(node|data|file):/.test(name)) return true;
  const isFile = isAbsolute(name) || /^\.{0,2}\//.test(name);
  try {
    createRequire(join(cwd, 'x.js')).resolve(isFile ? resolve(cwd, name) : name);
    return true;
  } catch (error) {
    // A package for import alone cannot be required, and is there all the same.
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
}
