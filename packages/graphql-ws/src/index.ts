/**
 * `import { survive } from 'tshorn/graphql-ws'`: subscriptions continue in another worker. There the library's own
 * server gets the client's first messages again (`connection_init` and each open `subscribe`). Its acknowledgement is
 * swallowed, because the client has had one.
 */
import { survive as surviveWebSockets, type WebSocketServerLike, worker } from '@tshorn/worker/survive';
import { type Continued, isContinued, Subscriptions } from './subscriptions.ts';
import type { ContextOf, GraphqlServerOptions, GraphqlSocket, SurviveGraphqlOptions } from './types.ts';

export type { GraphqlContext, GraphqlResult, GraphqlServerOptions, SurviveGraphqlOptions } from './types.ts';

/**
 * Lets the WebSockets of a graphql-ws server (6.x, `useServer` of `graphql-ws/use/ws`) move to another worker with
 * their subscriptions. A move waits for operations that run.
 *
 * @param server the `WebSocketServer` that `useServer` is given as well
 * @param options the options for `useServer`
 * @returns the options to pass to `useServer`
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
