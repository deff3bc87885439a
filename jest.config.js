import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const swc = [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
];
// Libraries that are only ES modules, which jest before Node 24 cannot require.
const asCommonJs = (name) => {
  const outfile = path.join(import.meta.dirname, `node_modules/.cache/${name}.cjs`);
  buildSync({
    stdin: {
      contents: `export { default } from '${name}';`,
      resolveDir: path.join(import.meta.dirname, 'packages/tshorn'),
    },
    outfile,
    bundle: true,
    platform: 'node',
    define: { 'import.meta.url': JSON.stringify(import.meta.url) },
  });
  return outfile;
};

const common = {
  transform: { '\\.[jt]s$': swc },
  // An ES module that jest before Node 24 cannot require.
  transformIgnorePatterns: ['/node_modules/(?!yargs-parser/)'],
  moduleNameMapper: {
    '^yargs$': asCommonJs('yargs'),
    '^cliui$': asCommonJs('cliui'),
    '^@tshorn/(core|config|master|worker|setup|doctor|socket\\.io|graphql-ws)$':
      '<rootDir>/packages/$1/src/index.ts',
  },
  modulePathIgnorePatterns: ['/dist/'],
  testEnvironment: 'node',
};

/** Test files that ask for LONG: they have a short and a long form. See docs/architecture.md, "Tests". */
const root = import.meta.dirname;
const withLongForm = ['packages', 'test'].flatMap((directory) =>
  fs
    .readdirSync(path.join(root, directory), { recursive: true })
    .filter((name) => name.endsWith('.test.ts') && !/node_modules|dist/.test(name))
    .map((name) => `<rootDir>/${directory}/${name}`)
    .filter((name) =>
      /\bLONG\b|support\/long\.ts/.test(fs.readFileSync(name.replace('<rootDir>', root), 'utf8')),
    ),
);

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/src/**/*.test.ts'],
      globals: { LONG: false },
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/real/', '<rootDir>/test/hosts/'],
      globals: { LONG: false },
    },
    {
      ...common,
      displayName: 'real',
      testMatch: ['<rootDir>/test/real/*.test.ts'],
      globals: { LONG: false },
    },
    {
      ...common,
      displayName: 'hosts',
      testMatch: ['<rootDir>/test/hosts/*.test.ts'],
      globals: { LONG: false },
    },
    { ...common, displayName: 'long', testMatch: withLongForm, globals: { LONG: true } },
  ],
  // Longer than the longest deadline of test/support/server.ts, whose error shows the server's log.
  testTimeout: 200_000,
  reporters: ['default', '<rootDir>/scripts/count-results.mjs'],
};
