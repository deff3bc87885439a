import { Made } from '../../../../test/support/certificates.ts';
import { chooser, namesOf } from './names.ts';

test('the names of a certificate are its DNS names, in small letters', () => {
  const { cert } = new Made({ names: ['Example.com', '*.example.com', '10.0.0.1'] });
  expect(namesOf(cert)).toEqual(['example.com', '*.example.com']);
});

test.each([
  ['example.com', 1],
  ['EXAMPLE.com', 1],
  ['a.example.com', 2],
  ['b.example.com', 3],
  ['a.b.example.com', undefined],
  ['.example.com', undefined],
  ['*.example.com', 2],
  ['com', undefined],
  ['', undefined],
  ['constructor', undefined],
])('for "%s" number %s is chosen', (name, chosen) => {
  const choose = chooser([
    [['example.com'], 1],
    [['*.example.com', 'example.com'], 2],
    [['b.example.com'], 3],
  ]);
  expect(choose(name)).toBe(chosen);
});
