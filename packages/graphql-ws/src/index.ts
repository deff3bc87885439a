/**
 * `import { survive } from 'tshorn/graphql-ws'`: subscriptions go on in another worker. What a client has said to
 * begin with (its `connection_init` and its open `subscribe`s) is said again to the library's own server there,
 * and the acknowledgement, which the client has had, is swallowed.
 */
import { worker } from '../../api.ts';
import { survive as surviveWebSockets, type WebSocketServerLike } from '../websocket.ts';
import { type Continued, isContinued, Subscriptions } from './subscriptions.ts';
import type { ContextOf, GraphqlServerOptions, GraphqlSocket, SurviveGraphqlOptions } from './types.ts';

export type { GraphqlContext, GraphqlResult, GraphqlServerOptions, SurviveGraphqlOptions } from './types.ts';

/**
 * Lets the WebSockets of a graphql-ws server (6.x, `useServer` of `graphql-ws/use/ws`) move to another worker with
 * their subscriptions. Operations that run are waited for.
 *
 * @param server the `WebSocketServer` that `useServer` is given as well
 * @param options the options for `useServer`
 * @returns the options that `useServer` is to be given
 * @throws TypeError for anything else, and when it is called twice for one server
 */
export function survive<Options extends GraphqlServerOptions, State = unknown>(
  server: WebSocketServerLike<GraphqlSocket>,
  options: Options,
  more: SurviveGraphqlOptions<ContextOf<Options>, State> = {},
): Options {
  const subscriptions = new Subscriptions(options, more as SurviveGraphqlOptions);
  surviveWebSockets<GraphqlSocket, Continued | undefined>(server, {
    ...(more.name !== undefined && { name: more.name }),
    ...(more.maxState !== undefined && { maxState: more.maxState }),
    save: (client) => subscriptions.save(client),
    restore: (client, state) => (isContinued(state) ? subscriptions.restore(client, state) : undefined),
    busy: (client, running) => subscriptions.isBusy(client, running),
  });
  return worker.active ? { ...options, ...subscriptions.hooks } : options;
}
