export { type DrainNotice, stay, type WorkerApi, worker } from './api.ts';
