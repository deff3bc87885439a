/** The first messages of each client of a graphql-ws server, and the positions of its subscriptions; see index.ts. */
import { describeThrown } from '@tshorn/core';
import type {
  GraphqlContext,
  GraphqlResult,
  GraphqlServerOptions,
  GraphqlSocket,
  SurviveGraphqlOptions,
} from './types.ts';

/** The state that moves with a connection. */
export interface Continued {
  /** Messages of the client: `connection_init`, and each open `subscribe`. */
  readonly init: string;
  readonly subscribe: readonly string[];
  readonly positions: Record<string, unknown>;
  readonly state?: unknown;
}

export const isContinued = (state: unknown): state is Continued =>
  typeof (state as Partial<Continued> | undefined)?.init === 'string';

interface Subscription {
  readonly payload: unknown;
  /** The result that is about to be sent; the last that was sent; and the last sent one without errors. */
  next?: GraphqlResult;
  sent?: GraphqlResult;
  sound?: GraphqlResult;
}

interface Connection {
  readonly context: GraphqlContext;
  /** Operations that are subscriptions, until their end has been sent. */
  readonly subscriptions: Map<string, Subscription>;
}

interface Replay {
  readonly continued: Continued;
  readonly settle: () => void;
}

type AnyHook = (...args: unknown[]) => unknown;
const call = (hook: unknown, args: unknown[]): unknown =>
  typeof hook === 'function' ? (hook as AnyHook)(...args) : undefined;

export class Subscriptions {
  readonly #options: GraphqlServerOptions;
  readonly #more: SurviveGraphqlOptions;
  readonly #connections = new WeakMap<object, Connection>();
  readonly #replays = new WeakMap<object, Replay>();
  /** The documented hooks of graphql-ws 6, each of which calls the app's own. */
  readonly hooks: Record<'onConnect' | 'onSubscribe' | 'onOperation' | 'onNext', AnyHook>;

  constructor(options: GraphqlServerOptions, more: SurviveGraphqlOptions) {
    this.#options = options;
    this.#more = more;
    this.hooks = {
      onConnect: async (context, ...rest) => {
        const replay = this.#begin(context as GraphqlContext);
        let permitted: unknown = false;
        try {
          permitted = await call(options.onConnect, [context, ...rest]);
        } finally {
          // The library closes the connection now, and must read from it to do so.
          if (permitted === false) replay?.settle();
        }
        return permitted;
      },
      onSubscribe: (context, id, ...rest) => {
        this.#forgetPosition(context as GraphqlContext, id as string);
        return call(options.onSubscribe, [context, id, ...rest]);
      },
      onOperation: (context, id, payload, execution, result) => {
        const own = call(options.onOperation, [context, id, payload, execution, result]);
        if (isSubscription(execution)) {
          const { subscriptions } = this.#of(context) ?? {};
          subscriptions?.set(id as string, { payload });
        }
        return own;
      },
      onNext: (context, id, payload, execution, result) => {
        const subscription = this.#of(context)?.subscriptions.get(id as string);
        if (subscription) subscription.next = result as GraphqlResult;
        return call(options.onNext, [context, id, payload, execution, result]);
      },
    };
  }

  #of(context: unknown): Connection | undefined {
    return this.#connections.get((context as GraphqlContext).extra.socket);
  }

  #begin(context: GraphqlContext): Replay | undefined {
    const client = context.extra.socket as GraphqlSocket;
    this.#connections.set(client, { context, subscriptions: new Map() });
    const replay = this.#replays.get(client);
    if (replay) {
      context.extra.positions = { ...replay.continued.positions };
      if ('state' in replay.continued) this.#more.restore?.(context, replay.continued.state);
    }
    const { send } = client;
    client.send = (data, ...rest) => {
      if (this.#replays.has(client) && data.startsWith('{"type":"connection_ack"')) {
        // The library writes this after it has marked the connection as acknowledged.
        this.#subscribeAgain(client);
        return void call(rest.at(-1), []);
      }
      this.#noteSent(client, data);
      Reflect.apply(send, client, [data, ...rest]);
    };
    return replay;
  }

  /**
   * Notes a result at the moment at which it is sent. `onNext` is too early: it comes before, and may be
   * asynchronous.
   */
  #noteSent(client: object, data: string): void {
    const { subscriptions } = this.#connections.get(client) ?? {};
    if (!subscriptions?.size) return;
    const { id, type } = headOf(data);
    const subscription = subscriptions.get(id);
    if (!subscription) return;
    if (type === 'next') noteResult(subscription);
    else if (type === 'complete' || type === 'error') subscriptions.delete(id);
  }

  /** A later subscription with the same id does not get the position of the one that moved. */
  #forgetPosition({ extra }: GraphqlContext, id: string): void {
    if (!this.#replays.has(extra.socket) && extra.positions) delete extra.positions[id];
  }

  /** Each open subscription counts as one running handler; a move waits for every other. */
  isBusy(client: object, running: number): boolean {
    const connection = this.#connections.get(client);
    return running > (connection ? open(connection).length : 0);
  }

  /** Undefined for a client that has sent no message. */
  save(client: object): Continued | undefined {
    const connection = this.#connections.get(client);
    if (!connection) return undefined;
    const { context } = connection;
    const { save } = this.#more;
    const say = (message: object) => JSON.stringify(message, this.#options.jsonMessageReplacer as never);
    const positions: Record<string, unknown> = {};
    for (const [id, subscription] of open(connection)) {
      const position = this.#positionOf(subscription, context, id);
      if (position !== undefined) positions[id] = position;
    }
    return {
      init: say({ type: 'connection_init', payload: context.connectionParams }),
      subscribe: open(connection).map(([id, { payload }]) => say({ id, type: 'subscribe', payload })),
      positions,
      ...(save && { state: save(context) }),
    };
  }

  /**
   * A result with a field error may contain no position; continuing from the last one without errors repeats only the
   * results that had errors. A subscription without a result since it came here keeps its position.
   */
  #positionOf({ sent, sound }: Subscription, context: GraphqlContext, id: string): unknown {
    const { position } = this.#more;
    let failure: { readonly error: unknown } | undefined;
    for (const result of position ? new Set([sent, sound]) : []) {
      if (!result) continue;
      try {
        const found = position?.(result, context, id);
        if (found !== undefined) return found;
      } catch (error) {
        if (result === sent) failure = { error };
      }
    }
    const known = context.extra.positions?.[id];
    // Without a position the source would silently start over.
    if (failure && known === undefined) {
      const { error } = failure;
      throw new Error(
        `position() threw for the last result of the subscription "${id}": ${describeThrown(error)}; return undefined where it is to start over`,
        { cause: error },
      );
    }
    return known;
  }

  /** Settles when every message has been replayed; until then nothing is read from the client. */
  restore(client: GraphqlSocket, continued: Continued): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#replays.delete(client);
        resolve();
      };
      this.#replays.set(client, { continued, settle });
      // An app that refuses this client closes the connection, as for a new client.
      client.once('close', settle);
      client.emit('message', Buffer.from(continued.init), false);
    });
  }

  #subscribeAgain(client: GraphqlSocket): void {
    const { continued, settle } = this.#replays.get(client) as Replay;
    for (const message of continued.subscribe) client.emit('message', Buffer.from(message), false);
    settle();
  }
}

function noteResult(subscription: Subscription): void {
  const { next } = subscription;
  if (!next) return;
  subscription.sent = next;
  if (!next.errors?.length) subscription.sound = next;
}

/** Subscriptions that deliver: neither those still being prepared nor those that the client has ended. */
const open = ({ context, subscriptions }: Connection): [string, Subscription][] =>
  [...subscriptions].filter(([id]) => context.subscriptions[id]);

interface Execution {
  readonly operationName?: string | null;
  readonly document?: {
    readonly definitions: readonly {
      readonly kind: string;
      readonly operation?: string;
      readonly name?: { readonly value: string };
    }[];
  };
}

/** Looks at the operation that is executed (GraphQL specification, GetOperation). */
function isSubscription(execution: unknown): boolean {
  const { document, operationName } = execution as Execution;
  return Boolean(
    document?.definitions.some(
      ({ kind, operation, name }) =>
        kind === 'OperationDefinition' &&
        operation === 'subscription' &&
        (!operationName || name?.value === operationName),
    ),
  );
}

/** Parses only the beginning: the library writes id and type first (graphql-ws 6, server.ts). Else all is parsed. */
function headOf(data: string): { id: string; type: string } {
  const [, id, type] = /^\{"id":("(?:[^"\\]|\\.)*"),"type":"(\w+)"/.exec(data) ?? [];
  if (id !== undefined && type !== undefined) return { id: JSON.parse(id), type };
  return data.startsWith('{"type":') ? { id: '', type: '' } : JSON.parse(data);
}
