const restify = require('restify');

function respond(req, res, next) {
  res.send(`hello ${req.params.name}`);
  next();
}

const server = restify.createServer();
server.get('/hello/:name', respond);
server.head('/hello/:name', respond);

server.listen(process.env.PORT || 8080, () => {
  console.log('%s listening at %s', server.name, server.url);
});

process.on('SIGTERM', () => {
  server.close(() => {
    console.log('restify is closed');
    process.exit(0);
  });
});
