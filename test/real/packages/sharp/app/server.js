const express = require('express');
const sharp = require('sharp');

const app = express();
app.get('/red.png', async (_req, res) => {
  const image = sharp({ create: { width: 300, height: 200, channels: 3, background: '#f00' } });
  res.type('png').send(await image.resize(30).png().toBuffer());
});

// The first image loads the codec: the port opens behind it.
sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
  .webp()
  .toBuffer()
  .then(() => app.listen(process.env.PORT || 3000));
