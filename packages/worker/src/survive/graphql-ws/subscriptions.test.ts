import { EventEmitter } from 'node:events';
import { Subscriptions } from './subscriptions.ts';
import type { GraphqlResult, GraphqlSocket, SurviveGraphqlOptions } from './types.ts';

const subscription = {
  document: { definitions: [{ kind: 'OperationDefinition', operation: 'subscription' }] },
};

/** A client with one subscription, as graphql-ws tells of it. */
async function scene(more: SurviveGraphqlOptions) {
  const subscriptions = new Subscriptions({}, more);
  const client = Object.assign(new EventEmitter(), {
    send: () => {},
    close: () => {},
  }) as unknown as GraphqlSocket;
  const extra: { socket: object; positions?: Record<string, unknown> } = { socket: client };
  const context = { acknowledged: true, subscriptions: { a: {} }, extra };
  await subscriptions.hooks.onConnect(context);
  subscriptions.hooks.onOperation(context, 'a', {}, subscription, {});
  return {
    extra,
    deliver(result: GraphqlResult) {
      subscriptions.hooks.onNext(context, 'a', {}, subscription, result);
      client.send(JSON.stringify({ id: 'a', type: 'next', payload: result }));
    },
    position: () => subscriptions.save(client)?.positions.a,
  };
}

const failed: GraphqlResult = { data: { ticks: null }, errors: [new Error('no')] };

describe.each([
  ['throws at an error', (result: GraphqlResult) => result.data.ticks.n],
  ['knows nothing of an error', (result: GraphqlResult) => result.data.ticks?.n],
])('a position that %s', (_, position) => {
  test('is that of the last result without one', async () => {
    const { deliver, position: now } = await scene({ position });
    deliver({ data: { ticks: { n: 7 } } });
    expect(now()).toBe(7);
    deliver(failed);
    expect(now()).toBe(7);
  });

  test('is what it was where the subscription comes from', async () => {
    const { deliver, extra, position: now } = await scene({ position });
    extra.positions = { a: 5 };
    expect(now()).toBe(5);
    deliver(failed);
    expect(now()).toBe(5);
  });
});

test('a position that has thrown and is not known is told of, with the subscription', async () => {
  const { deliver, position } = await scene({ position: (result) => result.data.ticks.n });
  deliver(failed);
  expect(position).toThrow(
    'position() threw for the subscription "a": TypeError: Cannot read properties of null',
  );
});
