import { otherReadings, readingsOf } from './readings.ts';

const TEXT = `
  env: {
    TOKEN: process.env.TOKEN,
    'A-B': process.env["OTHER"],
    PORT: process.env.PORT || 3000, LEVEL: process.env.LEVEL ?? 'info' },
    HOME_OF: \`\${process.env.HOME}/x\`,
    IS: process.env.NODE_ENV === 'production',
`;

it('a member that is read from the environment is known by its code and its value', () => {
  expect(readingsOf(TEXT, { TOKEN: 'hush', PORT: '', LEVEL: '' })).toEqual([
    { member: 'TOKEN', code: 'process.env.TOKEN', value: 'hush' },
    { member: 'A-B', code: 'process.env["OTHER"]', value: undefined },
    { member: 'PORT', code: 'process.env.PORT || 3000', value: 3000 },
    { member: 'LEVEL', code: "process.env.LEVEL ?? 'info'", value: '' },
  ]);
});

it('other readings are known by their names', () => {
  expect(otherReadings(TEXT)).toEqual(['HOME', 'NODE_ENV']);
});
