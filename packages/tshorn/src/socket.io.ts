export {
  moved,
  type SocketIoServerLike,
  type SurviveSocketIoOptions,
  survive,
} from '@tshorn/worker/socket.io';
