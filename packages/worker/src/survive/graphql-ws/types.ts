/** What is used of graphql-ws 6, and what an app says of its subscriptions. */
import type { Saved } from '../state.ts';

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

/** graphql-ws's `ServerOptions`: what is used of them, and the names of the rest, so that they can be written in place. */
export interface GraphqlServerOptions {
  readonly schema?: unknown;
  readonly context?: Hook | object | undefined;
  readonly roots?: unknown;
  readonly parse?: Hook | undefined;
  readonly validate?: Hook | undefined;
  readonly execute?: Hook | undefined;
  readonly subscribe?: Hook | undefined;
  readonly connectionInitWaitTimeout?: number | undefined;
  readonly onDisconnect?: Hook | undefined;
  readonly onClose?: Hook | undefined;
  readonly onError?: Hook | undefined;
  readonly onComplete?: Hook | undefined;
  readonly jsonMessageReviver?: Hook | undefined;
  readonly onConnect?: Hook | undefined;
  readonly onSubscribe?: Hook | undefined;
  readonly onOperation?: Hook | undefined;
  readonly onNext?: Hook | undefined;
  readonly jsonMessageReplacer?: Hook | undefined;
}

/** The context as `onConnect` gets it, whatever the app has made of it. */
export type ContextOf<Options extends GraphqlServerOptions> = Options extends {
  onConnect?: ((context: infer Context, ...more: never[]) => unknown) | undefined;
}
  ? Context
  : GraphqlContext;

export interface GraphqlResult {
  // biome-ignore lint/suspicious/noExplicitAny: its shape is the schema's
  readonly data?: any;
  readonly errors?: readonly unknown[];
}

export interface SurviveGraphqlOptions<Context = GraphqlContext, State = unknown> {
  /** See `survive` of tshorn/ws. */
  readonly name?: string;
  /** The most bytes of JSON that go with a connection, subscriptions and all. Default: 65,536. */
  readonly maxState?: number;
  /**
   * Where the source of a subscription has to go on: JSON. It is called with the last result that has been sent on
   * it, and not at all before there is one. If it knows nothing of that (it returns undefined or throws, as the result
   * is an error), it is asked of the last one without errors, and then the position is what it was. In the other
   * worker, `context.extra.positions[id]` is what it returned. Without it a source starts over like that of a new
   * subscription.
   */
  position?(result: GraphqlResult, context: Context, id: string): unknown;
  /** What the app keeps of a connection beside its subscriptions: JSON. */
  save?(context: Context): Saved<State>;
  /** In the other worker, before `onConnect` is called again. */
  restore?(context: Context, state: State): void;
}
