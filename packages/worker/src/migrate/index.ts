/** `@tshorn/worker/survive`: the parts that an integration of a WebSocket library is built from. */
export { worker } from '../api.ts';
export { busyWith, counted, watchHandlers } from './busy.ts';
export { moved } from './moved.ts';
export type { Saved } from './state.ts';
export { type AdapterOptions, survive, type WebSocketLike, type WebSocketServerLike } from './websocket.ts';
