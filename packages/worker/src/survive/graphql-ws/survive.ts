/**
 * `import { survive } from 'tshorn/graphql-ws'`: subscriptions go on in another worker. What a client has said to
 * begin with (its `connection_init` and its open `subscribe`s) is said again to the library's own server there,
 * and the acknowledgement, which the client has had, is swallowed.
 */
import { worker } from '../../api.ts';
import type { Saved } from '../state.ts';
import { survive as surviveWebSockets, type WebSocketServerLike } from '../websocket.ts';
import { type Continued, isContinued, Subscriptions } from './subscriptions.ts';

/** What is used of a `WebSocket` of the `ws` package. */
export interface GraphqlSocket {
  send(data: string, ...more: unknown[]): void;
  emit(event: string, ...more: unknown[]): boolean;
  once(event: string, listener: () => void): unknown;
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** What is used of graphql-ws's `Context`. */
export interface GraphqlContext {
  readonly connectionParams?: unknown;
  readonly acknowledged: boolean;
  readonly subscriptions: Record<string, unknown>;
  readonly extra: { readonly socket: object; positions?: Record<string, unknown> };
}

// What is written in place gets its types from here: `unknown` would be of no use to it, and `never` of less.
// biome-ignore lint/suspicious/noExplicitAny: the library's own types cannot be named here
type Hook = (...args: any[]) => unknown;

/** What is used of graphql-ws's `ServerOptions`. */
export interface GraphqlServerOptions {
  readonly onConnect?: Hook | undefined;
  readonly onSubscribe?: Hook | undefined;
  readonly onOperation?: Hook | undefined;
  readonly onNext?: Hook | undefined;
  readonly jsonMessageReplacer?: Hook | undefined;
}

/** The context as `onConnect` gets it, whatever the app has made of it. */
type ContextOf<Options extends GraphqlServerOptions> = Options extends {
  onConnect?: ((context: infer Context, ...more: never[]) => unknown) | undefined;
}
  ? Context
  : GraphqlContext;

export interface SurviveGraphqlOptions<Context = GraphqlContext, State = unknown> {
  /** See `survive` of tshorn/ws. */
  readonly name?: string;
  /** The most bytes of JSON that go with a connection, subscriptions and all. Default: 65,536. */
  readonly maxState?: number;
  /**
   * Where the source of a subscription has to go on: JSON. It is called with the last result that has been sent on
   * it, and not at all before there is one. In the other worker, `context.extra.positions[id]` is what it returned.
   * Without it a source starts over like that of a new subscription.
   */
  position?(result: { readonly data?: unknown }, context: Context, id: string): unknown;
  /** What the app keeps of a connection beside its subscriptions: JSON. */
  save?(context: Context): Saved<State>;
  /** In the other worker, before `onConnect` is called again. */
  restore?(context: Context, state: State): void;
}

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
