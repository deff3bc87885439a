import type { UserConfig } from './user-config.ts';

/** Gives an editor the types of a config file; returns what it is given. */
export const defineConfig = (config: UserConfig): UserConfig => config;
