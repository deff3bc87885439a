export { type DrainNotice, stay, type WorkerApi, worker } from './api.ts';
export { moved } from './migrate/moved.ts';
export {
  type Begin,
  type Produce,
  type Save,
  type SurviveStreamOptions,
  surviveStream,
} from './migrate/stream.ts';
