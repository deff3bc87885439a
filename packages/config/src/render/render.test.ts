import { EVERY_OPTION } from '../options.ts';
import { resolveConfig } from '../resolve.ts';
import { renderConfig } from './config.ts';
import { optionsMarkdown } from './markdown.ts';
import { configSchema } from './schema.ts';

const FLAGS = EVERY_OPTION.flatMap(({ flag }) => (flag ? [`--${flag}`] : []));

it('the docs name every flag, key and variable, and nothing of this machine', () => {
  const docs = optionsMarkdown();
  const names = EVERY_OPTION.flatMap(({ key, env }) => [key, ...env]);
  for (const name of [...FLAGS, ...names]) expect(docs).toContain(`\`${name}`);
  expect(docs).not.toContain(process.cwd());
});

it('the schema knows what JSON can hold and nothing else', () => {
  const schema = configSchema() as { properties: Record<string, unknown>; additionalProperties: boolean };
  const keys = EVERY_OPTION.map(({ key }) => key).filter((key) => key !== 'hooks');
  expect(Object.keys(schema.properties).sort()).toEqual(['$schema', ...keys].sort());
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.workers).toMatchObject({
    oneOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }],
  });
});

it('the printed configuration says where each value came from', async () => {
  const resolved = await resolveConfig({
    env: { TSHORN_GRACE: '90' },
    cwd: '/srv',
    overrides: { app: 'a.js', hooks: { onExit: () => {} } },
  });
  const text = renderConfig(resolved);
  expect(text).toMatch(/^grace {2,}90s +environment TSHORN_GRACE$/m);
  expect(text).toMatch(/^hooks {2,}onExit +start\(\)$/m);
  expect(text.split('\n')).toHaveLength(EVERY_OPTION.length);
});
