import express from 'express';

const app = express();
app.get('/rolldice', (_req, res) => {
  res.send('4');
});
app.listen(process.env.PORT || 8080);
