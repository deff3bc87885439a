export { canAnswer } from './response.ts';
export { Sessions } from './sessions.ts';
