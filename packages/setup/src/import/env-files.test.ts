import { divideEnvFiles } from './env-files.ts';

it('takes the files of both options, with = or as the next word, and leaves out one that need not exist', () => {
  const words = [
    '--env-file=a',
    '-r',
    'x',
    '--env-file',
    'b',
    '--env-file-if-exists=c',
    '--env-file-if-exists',
    'd',
  ];
  expect(divideEnvFiles(words, (file) => file === 'd')).toEqual({
    rest: ['-r', 'x'],
    files: ['a', 'b', 'd'],
    missing: ['c'],
  });
});
