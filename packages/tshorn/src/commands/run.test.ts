import { runCommand } from './run.ts';

const ASKING = ['reload', 'releases', 'status', 'top', 'logs', 'scale', 'leave', 'stay', 'stop'] as const;

test.each(ASKING)('tshorn %s with the name of an app, as of PM2: a server has none', async (name) => {
  await expect(runCommand(name, ['api'])).rejects.toThrow(
    `tshorn ${name}: got "api"; a server has no name: it is the only one of this user`,
  );
});
