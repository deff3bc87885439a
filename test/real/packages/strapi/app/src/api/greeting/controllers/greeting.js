module.exports = {
  async index(ctx) {
    ctx.body = { hello: 'world' };
  },
};
