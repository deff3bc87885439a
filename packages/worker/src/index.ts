export { type DrainNotice, stay, type WorkerApi, worker } from './api.ts';
export {
  type Begin,
  type Produce,
  type SurviveStreamOptions,
  surviveStream,
} from './survive/stream.ts';
