import { withoutRecovery, withoutSid } from './saved.ts';

test.each([
  ['/socket.io/?EIO=4&transport=websocket', '/socket.io/?EIO=4&transport=websocket'],
  ['/socket.io/?EIO=4&transport=websocket&sid=a-b_C', '/socket.io/?EIO=4&transport=websocket'],
  ['/io/?sid=a&EIO=4&mysid=b', '/io/?EIO=4&mysid=b'],
])('a session is not asked for again: %s', (url, expected) => {
  expect(withoutSid(url)).toBe(expected);
});

test('of what the client said to be let in, only what asks for missed packets is left out', () => {
  expect(withoutRecovery({ token: 'a', pid: 'p', offset: 'o' })).toEqual({ token: 'a' });
});
