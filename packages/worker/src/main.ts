/** The entry point of a worker process. */
import { Worker } from './worker.ts';

new Worker();
