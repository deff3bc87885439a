import { TshornError } from '@tshorn/core';
import type { Facts } from '../facts.ts';
import { healthy } from '../testing/healthy.ts';
import { CHECKS } from './index.ts';

it('an app that prints why it exits is quoted, unless the error has its own text', async () => {
  const facts = await healthy();
  const check = CHECKS.find(({ id }) => id === 'app-start');
  const withApp = (more: Partial<NonNullable<Facts['app']>>) => ({
    ...facts,
    app: { ...facts.app!, ...more },
  });
  const lastLines = ['DATABASE_URL is missing'];
  const exits = new TshornError('ERR_NEVER_READY', 'exit code 1');
  expect(check?.run(withApp({ failure: exits, lastLines }))).toMatchObject({
    seen: 'exit code 1',
    detail: 'DATABASE_URL is missing',
  });
  const throws = new TshornError('ERR_APP_THROWS', 'x', { detail: 'Error: x\n  at y' });
  expect(check?.run(withApp({ failure: throws, lastLines }))).toMatchObject({ detail: throws.detail });
});
