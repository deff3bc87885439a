export type { PastReload } from './control/control.ts';
export type { Forecast } from './decide/forecast.ts';
export type { Level, Notice, Position, WorkerEvent } from './decide/model.ts';
export { readEnvFiles } from './env-file.ts';
export { textOf } from './journal.ts';
export { type Log, type Logger, openLog } from './log.ts';
export { Master, type MasterOptions } from './master.ts';

export { listenToSignals, type SignalTarget } from './signals.ts';
export type { MasterStatus, ReloadStatus, WorkerStatus } from './status.ts';
