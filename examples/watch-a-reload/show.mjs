/** The output of watch-a-reload.mjs: drawn in place on a terminal, plain lines elsewhere. */
import { count, latency, picture } from './picture.mjs';

const REDRAW_MS = 200;
const TALLY_MS = 5000;

/**
 * Starts the show and returns the function that ends it.
 * @param state returns the argument of picture()
 */
export function show(stream, server, state) {
  return stream.isTTY ? redraw(stream, state) : print(stream, server, state);
}

// Control sequences: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l'; // alternate screen, no cursor, no wrapping
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

function redraw(stream, state) {
  const draw = () => {
    const lines = picture(state()).slice(0, stream.rows);
    stream.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`);
  };
  const leave = () => stream.write(LEAVE);
  stream.write(ENTER);
  // Restores the terminal however this process ends.
  process.once('exit', leave);
  const timer = setInterval(draw, REDRAW_MS);
  stream.on('resize', draw);
  draw();
  return () => {
    clearInterval(timer);
    stream.off('resize', draw);
    process.off('exit', leave);
    leave();
  };
}

function print(stream, server, state) {
  const say = (text) => stream.write(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`);
  const tally = () => {
    const { load } = state();
    if (!load?.answered) return;
    const { answered, failed, closed } = load;
    const slow = latency(load.kept.latency(0.99));
    say(`${count(answered)} answered, ${failed} failed, ${closed} connections closed, 99% within ${slow}`);
  };
  const tell = ({ event, msg }) => {
    say(msg);
    if (event === 'listening') say(`open http://127.0.0.1:${server.port}`);
    if (event === 'reload-finished') tally();
  };
  const timer = setInterval(tally, TALLY_MS);
  server.on('line', tell);
  return () => {
    clearInterval(timer);
    server.off('line', tell);
  };
}
