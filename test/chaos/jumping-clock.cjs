// The wall clock of this process jumps as the file CHAOS_CLOCK says: milliseconds to add.
const fs = require('node:fs');

const now = Date.now;
let offset = 0;
setInterval(() => {
  try {
    offset = Number(fs.readFileSync(process.env.CHAOS_CLOCK, 'utf8')) || 0;
  } catch {}
}, 200).unref();
Date.now = () => now() + offset;
