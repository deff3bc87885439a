import { findByInode } from './unix-socket.ts';

const TABLE = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/app with a space.sock
0000000000000000: 00000003 00000000 00000000 0001 03 12346 /run/app.sock
0000000000000000: 00000002 00000000 00010000 0001 01 123 @abstract
0000000000000000: 00000003 00000000 00000000 0001 01   777
`;

test.each([
  ['12345', { connected: false, path: '/run/app with a space.sock' }],
  ['12346', { connected: true, path: '/run/app.sock' }],
  ['123', { connected: false, path: '@abstract' }],
  ['777', { connected: false }],
  ['1234', undefined],
])('the unix socket of inode %s', (inode, expected) => {
  expect(findByInode(TABLE, inode)).toEqual(expected);
});
