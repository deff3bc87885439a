import type { UserConfig } from './config.ts';

/** Gives an editor the types of a config file; returns what it is given. */
export const defineConfig = (config: UserConfig): UserConfig => config;
