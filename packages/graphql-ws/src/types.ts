/** The parts of graphql-ws 6 that are used here, and the options of `survive`. */
import type { Saved } from '@tshorn/worker/survive';

/** The part of a `WebSocket` of the `ws` package that is used here. */
export interface GraphqlSocket {
  send(data: string, ...more: unknown[]): void;
  emit(event: string, ...more: unknown[]): boolean;
  once(event: string, listener: () => void): unknown;
  close(code?: number, reason?: string): void;
  listenerCount(event: string): number;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
}

/** The part of graphql-ws's `Context` that is used here. */
export interface GraphqlContext {
  readonly connectionParams?: Record<string, unknown> | undefined;
  readonly acknowledged: boolean;
  readonly subscriptions: Record<string, unknown>;
  readonly extra: { readonly socket: object; positions?: Record<string, Any> };
}

// Options that are written in place get their types from here; `useServer` then checks them against its own.
// biome-ignore lint/suspicious/noExplicitAny: the library's own types cannot be named here
type Any = any;
/** A method type is bivariant: a hook that takes the library's own, larger `Context` fits as well. */
type Hook<Arguments extends unknown[] = Any[]> = { hook(...args: Arguments): unknown }['hook'];
type ContextHook = Hook<[context: GraphqlContext, id: string, ...more: Any[]]>;

/** The options of graphql-ws that are functions; all others pass through unchanged. */
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

/** The part of a result that is used here. The app's schema decides what `data` is. */
export interface GraphqlResult {
  readonly data?: Any;
  readonly errors?: readonly unknown[];
}

/** The type of the context in the app's `onConnect`. */
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
   * Returns where the source of a subscription has to continue: JSON. It is called with the last result that was sent,
   * and not before there is one. If it throws or returns undefined, it is called with the last result without
   * `errors`; if that gives no position either, the subscription keeps the position with which it came here. If it
   * has none, and `position` has thrown, the connection does not move.
   * In the other worker, `context.extra.positions[id]` is the returned value.
   * Without `position`, a source starts over as for a new subscription.
   */
  position?(result: GraphqlResult, context: Context, id: string): unknown;
  /** Returns what the app keeps for a connection besides its subscriptions: JSON. */
  save?(context: Context): Saved<State>;
  /** Called in the other worker, before `onConnect`. */
  restore?(context: Context, state: State): void;
}
