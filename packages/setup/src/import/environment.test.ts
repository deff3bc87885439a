import { Draft } from './draft.ts';
import { mapEnvironment } from './environment.ts';

it('variables that the service has to set are named', () => {
  const draft = new Draft();
  const readings = [
    { member: 'DATABASE_URL', value: 'a', code: 'process.env.DATABASE_URL' },
    { member: 'LEVEL', value: 'info', code: "process.env.LEVEL || 'info'" },
  ];
  const env = { DATABASE_URL: 'a', LEVEL: 'info', PORT: 3000 };
  mapEnvironment(draft, { raw: { env }, chosen: undefined, deploy: {}, readings }, env, 'api');
  expect(draft.notes).toEqual([
    {
      kind: 'differs',
      key: 'env',
      text: 'read from the environment of the start: DATABASE_URL. A service takes it from /etc/api.env, as NAME=value lines',
    },
  ]);
});
