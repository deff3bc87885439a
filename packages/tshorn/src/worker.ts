export { type DrainNotice, type WorkerApi, worker } from '@tshorn/worker';
