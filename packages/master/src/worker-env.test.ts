import { workerEnv } from './worker-env.ts';

const slotOf = (env: NodeJS.ProcessEnv, variables: Record<string, string> = {}, slot = 2) => {
  const { TSHORN_SLOT, NODE_APP_INSTANCE } = workerEnv(
    { variables, config: { env: {}, nodeOptions: undefined } },
    env,
    undefined,
    slot,
  );
  return [TSHORN_SLOT, NODE_APP_INSTANCE];
};

it('names the slot, for the app and for the libraries that read NODE_APP_INSTANCE', () => {
  expect(slotOf({})).toEqual(['2', '2']);
});

it('leaves NODE_APP_INSTANCE to whoever sets it, even to nothing', () => {
  expect(slotOf({ NODE_APP_INSTANCE: '' })).toEqual(['2', '']);
  expect(slotOf({}, { NODE_APP_INSTANCE: 'blue' })).toEqual(['2', 'blue']);
});

it('does not take the number of the master, under PM2, for that of a worker', () => {
  expect(slotOf({ NODE_APP_INSTANCE: '0', pm_id: '0' })).toEqual(['2', '2']);
});

it('does not take the slot of the worker that has started this tshorn', () => {
  expect(slotOf({ TSHORN_SLOT: '7' }, { TSHORN_SLOT: '8' })[0]).toBe('2');
});

it('puts --node-options behind those of the environment, or else of the file', () => {
  const optionsOf = (env: NodeJS.ProcessEnv, nodeOptions: string | undefined) =>
    workerEnv({ variables: { NODE_OPTIONS: '--b' }, config: { env: {}, nodeOptions } }, env, undefined, 0)
      .NODE_OPTIONS;
  expect(optionsOf({ NODE_OPTIONS: '--a' }, '--import ./c.mjs')).toBe('--a --import ./c.mjs');
  expect(optionsOf({}, '--import ./c.mjs')).toBe('--b --import ./c.mjs');
  expect(optionsOf({ NODE_OPTIONS: '' }, '--c')).toBe('--c');
  expect(optionsOf({}, undefined)).toBe('--b');
});

it('gives `env` of the config file the last word, but not on the slot', () => {
  const given = { A: 'config', NODE_APP_INSTANCE: 'blue', TSHORN_SLOT: '9', NODE_OPTIONS: '--c' };
  const source = { variables: { A: 'file', B: 'file' }, config: { env: given, nodeOptions: '--d' } };
  const env = workerEnv(source, { A: 'environment', NODE_OPTIONS: '--a' }, undefined, 2);
  expect(env).toMatchObject({
    A: 'config',
    B: 'file',
    NODE_APP_INSTANCE: 'blue',
    TSHORN_SLOT: '2',
    NODE_OPTIONS: '--c --d',
  });
});
