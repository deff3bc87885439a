export {
  moved,
  type SocketIoServerLike,
  type SurviveSocketIoOptions,
  survive,
} from '@tshorn/socket.io';
