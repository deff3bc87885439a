/** Commands that are typed once for a service: `tshorn init`, `tshorn import`, `tshorn unit`. */
export { refuseAppName } from './foreign/app-name.ts';
export { foreignWord } from './foreign/foreign.ts';
export {
  type ImportedApp,
  type ImportReport,
  type ImportRequest,
  importEcosystem,
  type RefusedApp,
} from './import/import.ts';
export { renderReport } from './import/report.ts';
export { type InitRequest, initProject } from './init/init.ts';
export { makeContainer } from './unit/container.ts';
export { type Machine, thisMachine } from './unit/machine.ts';
export { makeUnits, type UnitOptions } from './unit/unit.ts';
export { type Made, type MadeFile, writeFiles } from './write-files.ts';
