import { variables } from './variables-kind.ts';

it('numbers and booleans become text; undefined sets nothing', () => {
  const input = { NODE_ENV: 'production', PORT: 3000, DEBUG: false, NOTHING: undefined, EMPTY: '' };
  expect(variables.parse(input)).toEqual({
    NODE_ENV: 'production',
    PORT: '3000',
    DEBUG: 'false',
    EMPTY: '',
  });
});

it.each([
  [['TOKEN=secret'], 'env: got a list; expected an object of variables'],
  ['TOKEN=secret', 'env: got a value of type string; expected an object of variables'],
  [{ LIST: ['secret'] }, 'env.LIST: got a list; expected a text, a number or a boolean'],
  [{ OBJECT: { secret: 1 } }, 'env.OBJECT: got a value of type object'],
  [{ NULL: null }, 'env.NULL: got null'],
  [{ 'A=B': 'secret' }, '"A=B" is no name of a variable'],
  [{ NUL: 'secret\0' }, 'env.NUL: the value has a NUL character'],
])('%j is refused by its name, and the value is not shown', (input, message) => {
  expect(() => variables.parse(input)).toThrow(message);
  expect(() => variables.parse(input)).not.toThrow(/secret/);
});

it('what is printed has the names alone', () => {
  expect(variables.format({ TOKEN: 'secret', PORT: '1' })).toBe('TOKEN, PORT');
  expect(variables.format({})).toBe('(none)');
});
