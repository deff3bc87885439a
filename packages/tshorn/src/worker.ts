export { type DrainNotice, stay, type WorkerApi, worker } from '@tshorn/worker';
