const { feathers } = require('@feathersjs/feathers');
const express = require('@feathersjs/express');

class MessageService {
  constructor() {
    this.messages = [{ id: 0, text: 'Hello' }];
  }

  async find() {
    return this.messages;
  }

  async get(id) {
    return this.messages[id];
  }
}

const app = express.default(feathers());
app.use(express.json());
app.configure(express.rest());
app.use('/messages', new MessageService());
app.use(express.notFound());
app.use(express.errorHandler({ logger: false }));

app.listen(process.env.PORT || 3030).then(() => console.log('Feathers server listening'));

process.on('SIGTERM', async () => {
  await app.teardown();
  console.log('Feathers is torn down');
});
