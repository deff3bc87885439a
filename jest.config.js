const swc = [
  '@swc/jest',
  { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
];
const common = {
  transform: { '\\.[jt]s$': swc },
  // An ES module that jest before Node 24 cannot require.
  transformIgnorePatterns: ['/node_modules/(?!yargs-parser/)'],
  moduleNameMapper: { '^@tshorn/(core|config|master|worker)$': '<rootDir>/packages/$1/src/index.ts' },
  modulePathIgnorePatterns: ['/dist/'],
  testEnvironment: 'node',
};

export default {
  projects: [
    { ...common, displayName: 'unit', testMatch: ['<rootDir>/packages/*/src/**/*.test.ts'] },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
    },
  ],
  testTimeout: 60_000,
};
