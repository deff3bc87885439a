export { defineConfig, type Hooks, type MasterInfo, type UserConfig, type WorkerInfo } from '@tshorn/config';
export { type ErrorCode, TshornError, type WorkerIdentity } from '@tshorn/core';
export type { MasterStatus, Notice, WorkerStatus } from '@tshorn/master';
export { type ReloadVerdict, Server, type StartOptions, start } from './start.ts';
