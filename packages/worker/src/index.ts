export { type DrainNotice, type WorkerApi, worker } from './api.ts';
