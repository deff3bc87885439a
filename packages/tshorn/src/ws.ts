export {
  moved,
  type SurviveOptions,
  survive,
  type WebSocketLike,
  type WebSocketServerLike,
} from '@tshorn/worker/ws';
