module.exports = async (fastify, _opts) => {
  fastify.get('/', async () => ({ root: true }));
  fastify.addHook('onClose', async () => console.log('Fastify is closed'));
};
