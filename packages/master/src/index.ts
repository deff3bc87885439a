export { cachePlaceOf } from './cache-place.ts';
export {
  type CheckOptions,
  type CheckReport,
  checkApp,
  checkCertificates,
  examineCertificates,
} from './check.ts';
export type { DryRun } from './decide/dry-run.ts';
export type { Operation } from './decide/model.ts';
export type { Level, Notice, Position, WorkerEvent } from './decide/notice.ts';
export { emitGuarded } from './emit-guarded.ts';
export { readEnvFiles } from './env-file.ts';
export { textOf } from './journal.ts';
export type { Column, HistoryMessage } from './live/history.ts';
export type { MarkLine } from './live/mark-line.ts';
export type { Mark, MarkKind } from './live/marks.ts';
export type { PastReload } from './live/past-reloads.ts';
export type { Figures, Snapshot, Totals, WorkerRow } from './live/snapshot.ts';
export { type Log, type Logger, openLog } from './log.ts';
export { checkLogPlaces } from './log-file.ts';
export { Master, type MasterOptions } from './master.ts';
export { isReached, nextOperationId, whyScaleFailed } from './operation-id.ts';
export { wordsOf } from './os/proc.ts';
export { stderrOutlet } from './outlet.ts';
export { type Command, ownCommand } from './re-exec/command.ts';
export { type OldMaster, takeOldMaster } from './re-exec/old-master.ts';
export type { ReleaseStatus } from './release-list.ts';
export { listenToSignals, type SignalTarget } from './signals.ts';
export type { LeaveStatus, MasterStatus, ReloadStatus, StopStatus, WorkerStatus } from './status.ts';
export type { BackoffStatus, DegradedStatus } from './status-health.ts';
