export {
  type Begin,
  type DrainNotice,
  type Produce,
  type SurviveStreamOptions,
  stay,
  surviveStream,
  type WorkerApi,
  worker,
} from '@tshorn/worker';
