import { runInNewContext } from 'node:vm';
import { Draft, literal, memberName } from './draft.ts';

it.each(["it's", 'two "words"', 'back\\slash\\"', 'line\nbreak', '', 'ünïcode \u2028'])(
  'a text stands in the file as code that means it: %j',
  (text) => {
    expect(runInNewContext(literal(text))).toBe(text);
  },
);

it('a name has quotes only where it needs them', () => {
  expect(['NODE_ENV', '$a', 'a-b', '1st', 'a.b'].map(memberName)).toEqual([
    'NODE_ENV',
    '$a',
    "'a-b'",
    "'1st'",
    "'a.b'",
  ]);
});

it('options of Node that NODE_OPTIONS may not hold are left out with their values', () => {
  const draft = new Draft();
  draft.addNodeOptions(['--import', './a b.mjs', '--prof', 'value', '--no-warnings'], 'node_args');
  draft.finishNodeOptions();
  expect(draft.lines).toEqual([
    { option: 'nodeOptions', code: `'--import "./a b.mjs" --no-warnings'`, comment: 'node_args' },
  ]);
  expect(draft.notes).toEqual([
    { kind: 'left-out', key: 'node_args', text: expect.stringContaining('--prof') },
  ]);
});
