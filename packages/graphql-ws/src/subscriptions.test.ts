import { EventEmitter } from 'node:events';
import { Subscriptions } from './subscriptions.ts';
import type { GraphqlContext, GraphqlResult, GraphqlSocket, SurviveGraphqlOptions } from './types.ts';

const document = { definitions: [{ kind: 'OperationDefinition', operation: 'subscription' }] };
const tick = (n: number) => ({ data: { ticks: { n } } });
const FAILED: GraphqlResult = { data: { ticks: null }, errors: [{ message: 'row is bad' }] };
const throwing: SurviveGraphqlOptions = { position: ({ data }) => data.ticks.n };
const careful: SurviveGraphqlOptions = { position: ({ data }) => data.ticks?.n };

class Client extends EventEmitter {
  send(): void {}
}

/** A client with one subscription, which has come with this position. */
async function subscribed(options: SurviveGraphqlOptions, came?: number) {
  const client = new Client() as unknown as GraphqlSocket;
  const subscriptions = new Subscriptions({}, options);
  const context: GraphqlContext = {
    acknowledged: true,
    subscriptions: { a: {} },
    extra: { socket: client },
  };
  await subscriptions.hooks.onConnect(context);
  if (came !== undefined) context.extra.positions = { a: came };
  subscriptions.hooks.onOperation(context, 'a', {}, { document }, {});
  return {
    send(result: GraphqlResult): void {
      subscriptions.hooks.onNext(context, 'a', {}, {}, result);
      client.send(JSON.stringify({ id: 'a', type: 'next', payload: result }));
    },
    positions: () => subscriptions.save(client)?.positions,
  };
}

test.each([
  ['throws', throwing],
  ['returns undefined', careful],
])(
  'a result with a field error, for which position() %s: it goes on from the last sound one',
  async (_, options) => {
    const client = await subscribed(options);
    for (const result of [tick(1), tick(2), FAILED, FAILED]) client.send(result);
    expect(client.positions()).toEqual({ a: 2 });
    client.send(tick(5));
    expect(client.positions()).toEqual({ a: 5 });
  },
);

test('a position that the failed result has is the newest', async () => {
  const client = await subscribed({ position: ({ data, errors }) => (errors ? 'failed' : data.ticks.n) });
  for (const result of [tick(1), FAILED]) client.send(result);
  expect(client.positions()).toEqual({ a: 'failed' });
});

test.each([throwing, careful])(
  'with nothing but errors since it came, it stays where it was',
  async (options) => {
    const client = await subscribed(options, 7);
    client.send(FAILED);
    expect(client.positions()).toEqual({ a: 7 });
  },
);

test('a subscription that would start over because position() throws keeps its connection here, in a sentence', async () => {
  const client = await subscribed(throwing);
  expect(client.positions()).toEqual({});
  client.send(FAILED);
  expect(client.positions).toThrow(/position\(\) threw for the last result of the subscription "a": .*null/);
});

test('an app may let it start over', async () => {
  const client = await subscribed(careful);
  client.send(FAILED);
  expect(client.positions()).toEqual({});
});
