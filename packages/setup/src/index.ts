/** Commands that are typed once for a service: `tshorn init`, `tshorn import`, `tshorn unit`. */
export {
  type ImportedApp,
  type ImportReport,
  type ImportRequest,
  importEcosystem,
  type RefusedApp,
} from './import/import.ts';
export { renderReport } from './import/report.ts';
