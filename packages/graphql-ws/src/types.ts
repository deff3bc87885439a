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
  readonly connectionParams?: Record<string, unknown> | undefined;
  readonly acknowledged: boolean;
  readonly subscriptions: Record<string, unknown>;
  readonly extra: { readonly socket: object; positions?: Record<string, Any> };
}

// What is written in place gets its types from here. `useServer` then checks it against the library's own.
// biome-ignore lint/suspicious/noExplicitAny: the library's own types cannot be named here
type Any = any;
/** Of a method, so that one whose context is said to be more (the library's `Context`) is one as well. */
type Hook<Arguments extends unknown[] = Any[]> = { hook(...args: Arguments): unknown }['hook'];
type ContextHook = Hook<[context: GraphqlContext, id: string, ...more: Any[]]>;

/** What is used of graphql-ws's `ServerOptions`, and those that are functions; the others are as they are. */
export interface GraphqlServerOptions {
  readonly onConnect?: Hook<[context: GraphqlContext]> | undefined;
  readonly onDisconnect?: Hook<[context: GraphqlContext, ...more: Any[]]> | undefined;
  readonly onClose?: Hook<[context: GraphqlContext, ...more: Any[]]> | undefined;
  readonly onSubscribe?: ContextHook | undefined;
  readonly onOperation?: ContextHook | undefined;
  readonly onNext?: ContextHook | undefined;
  readonly onError?: ContextHook | undefined;
  readonly onComplete?: ContextHook | undefined;
  readonly context?: ContextHook | object | string | number | boolean | symbol | null | undefined;
  readonly schema?: ContextHook | object | undefined;
  readonly jsonMessageReplacer?: Hook | undefined;
  readonly [option: string]: Any;
}

/** What is used of a result. What its data are is a matter of the app's schema. */
export interface GraphqlResult {
  readonly data?: Any;
  readonly errors?: readonly unknown[];
}

/** The context as `onConnect` gets it, whatever the app has made of it. */
export type ContextOf<Options> = Options extends {
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
   * it, and not at all before there is one. If it throws then, or returns undefined, it is called with the last one
   * without `errors`; and if that tells nothing either, the position stays that with which the subscription came here.
   * If it has none, and `position` has thrown, the connection does not move.
   * In the other worker, `context.extra.positions[id]` is what it returned.
   * Without it a source starts over like that of a new subscription.
   */
  position?(result: GraphqlResult, context: Context, id: string): unknown;
  /** What the app keeps of a connection beside its subscriptions: JSON. */
  save?(context: Context): Saved<State>;
  /** In the other worker, before `onConnect` is called again. */
  restore?(context: Context, state: State): void;
}
