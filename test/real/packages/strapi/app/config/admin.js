module.exports = () => ({
  auth: { secret: 'a secret' },
  apiToken: { salt: 'a salt' },
  transfer: { token: { salt: 'a salt' } },
  secrets: { encryptionKey: 'a key of thirty-two characters..' },
});
