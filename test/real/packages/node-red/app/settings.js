module.exports = {
  flowFile: 'flows.json',
  uiPort: process.env.PORT || 1880,
  credentialSecret: 'a secret',
  logging: { console: { level: 'warn', metrics: false, audit: false } },
};
