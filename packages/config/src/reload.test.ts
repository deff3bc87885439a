import type { UserConfig } from './config.ts';
import { reloadDifferences } from './reload.ts';
import { resolveConfig } from './resolve.ts';

const config = async (overrides: UserConfig) =>
  (await resolveConfig({ env: {}, cwd: '/nowhere', overrides: { app: 'a.js', ...overrides } })).config;

describe('reloadDifferences', () => {
  it('finds nothing between two readings of the same', async () => {
    const hooks = () => ({ onExit: () => {} });
    const differences = reloadDifferences(
      await config({ bind: [':1'], hooks: hooks() }),
      await config({ bind: ':1', hooks: hooks() }),
    );
    expect(differences).toEqual({ changed: [], needRestart: [] });
  });

  it('tells what a reload can change from what it cannot', async () => {
    const old = await config({});
    const next = await config({ workers: 99, bind: ':1', logFile: 'x', hooks: { onExit: () => {} } });
    expect(reloadDifferences(old, next)).toEqual({
      changed: ['bind', 'workers', 'logFile', 'hooks'],
      needRestart: ['bind', 'logFile'],
    });
  });
});
