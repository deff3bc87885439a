const Database = require('better-sqlite3');
const express = require('express');

const db = new Database('app.db');
db.pragma('journal_mode = WAL');
db.exec('CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT)');
db.prepare('INSERT OR REPLACE INTO users VALUES (1, ?)').run('Joey');

const app = express();
app.get('/users/:id', (req, res) => {
  const user = db.prepare('SELECT * FROM users WHERE id = ?').get(req.params.id);
  if (user) res.json(user);
  else res.sendStatus(404);
});

app.listen(process.env.PORT || 3000);

process.on('exit', () => {
  db.close();
  console.log('the database is closed');
});
process.on('SIGHUP', () => process.exit(128 + 1));
process.on('SIGINT', () => process.exit(128 + 2));
process.on('SIGTERM', () => process.exit(128 + 15));
