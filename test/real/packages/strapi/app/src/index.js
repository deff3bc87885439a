module.exports = {
  register() {},
  bootstrap() {},
  destroy() {
    console.log('Strapi is destroyed');
  },
};
