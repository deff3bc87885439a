export {
  type Begin,
  type DrainNotice,
  moved,
  type Produce,
  type Save,
  type SurviveStreamOptions,
  stay,
  surviveStream,
  type WorkerApi,
  worker,
} from '@tshorn/worker';
