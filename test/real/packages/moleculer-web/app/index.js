const { ServiceBroker } = require('moleculer');
const ApiService = require('moleculer-web');

const broker = new ServiceBroker({ logger: true, logLevel: 'warn' });

broker.createService({
  name: 'greeter',
  actions: {
    hello() {
      return 'Hello from Moleculer';
    },
  },
  stopped() {
    console.log('greeter has stopped');
  },
});

broker.createService({ mixins: [ApiService], settings: { port: process.env.PORT || 3000 } });

broker.start();
