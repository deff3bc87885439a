/** All that is only needed once a worker hangs, as one module to be loaded then. */
export { explain } from './explain.ts';
export { runsApp, say } from './wording.ts';
