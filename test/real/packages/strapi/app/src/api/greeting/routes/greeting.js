module.exports = {
  routes: [{ method: 'GET', path: '/greeting', handler: 'greeting.index', config: { auth: false } }],
};
