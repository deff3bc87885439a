/** Renders the state of the server and of the load as lines of text, for 80 columns and 24 rows. */

const WIDTH = 80;
const LABEL = 13;
const IN_SERVICE = 30;
const HISTORY = 58;
const LOG_LINES = 4;
const BAR = 28;

const paint = (code) => (text) => (process.env.NO_COLOR ? text : `\x1b[${code}m${text}\x1b[0m`);
const dim = paint(2);
const bold = paint(1);
const red = paint('1;31');
const green = paint(32);
const yellow = paint(33);
/** The two generations of a reload have different colours: cyan and magenta. */
const inColour = (generation) => paint(generation % 2 ? 36 : 35);

/**
 * @param nextReload the time of the next HUP, in milliseconds since the epoch
 * @param isBad whether it finds a bad release
 */
export function picture({ server, load, nextReload, isBad, stopping, now = Date.now() }) {
  return [
    spread(
      `${bold(' tshorn')}  four workers, one port, and a deploy every few seconds`,
      dim(stopping ? 'stopping ' : 'Ctrl-C to stop '),
    ),
    '',
    `${label('open')}${bold(`http://127.0.0.1:${server.port ?? ''}`)}${dim(`   master pid ${server.pid}`)}`,
    ...reloadLines(server, { load, isBad, due: nextReload - now, now }),
    '',
    `${label('worker')}${dim(`${'in service'.padEnd(IN_SERVICE)}starting or leaving`)}`,
    ...slotsOf(server).map((slot) => slotLine(server, load, slot, now)),
    '',
    `${label('requests')}${dim(cells('answered', 'failed', 'median', '99%', 'slowest'))}`,
    tallyLine('  kept alive', load?.kept),
    tallyLine('  new', load?.fresh),
    `${label('connections')}${connections(load)}`,
    `${label('answers/s')}${history(load?.seconds ?? [])}`,
    '',
    ...server.lines
      .slice(-LOG_LINES)
      .map((line, index) => `${label(index === 0 ? 'log' : '')}${logText(line)}`),
    '',
    `${label('try')}${dim(suggestion(server))}`,
  ];
}

const label = (text) => dim(` ${text.padEnd(LABEL)}`);
const cells = (...texts) => texts.map((text, index) => text.padStart(index === 0 ? 8 : 12)).join('');
const seconds = (ms) => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

export const count = (number) => number.toLocaleString('en');
export const latency = (ms) => `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;

function spread(left, right) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room
  const width = (text) => text.replaceAll(/\x1b\[[\d;]*m/g, '').length;
  return left + ' '.repeat(Math.max(1, WIDTH - width(left) - width(right))) + right;
}

/** The reload that is under way or has ended, and below it what comes next. */
function reloadLines(server, { load, isBad, due, now }) {
  const next =
    due > 0 ? `the next one in ${Math.ceil(due / 1000)} s${isBad ? ': a bad release, on purpose' : ''}` : '';
  const [first, second = dim(next)] = reloadTexts(server, { load, isBad, now });
  return [`${label('reload')}${first}`, `${label('')}${second}`];
}

function reloadTexts(server, { load, isBad, now }) {
  if (!server.reload) return [load ? 'none yet' : 'the workers are starting'];
  const { generation, since, step = 0, of = 1, outcome, serving, replaced, tookMs, msg } = server.reload;
  const gen = inColour(generation)(`gen ${generation}`);
  if (outcome === 'committed') {
    return [`${gen} ${green('committed')}: ${replaced} workers replaced in ${seconds(tookMs)}`];
  }
  if (outcome === 'rolled-back') {
    const still = `after ${seconds(tookMs)}: ${inColour(serving)(`gen ${serving}`)} still serves`;
    return [`${gen} ${yellow('rolled back')} ${still}`];
  }
  if (outcome) return [red(msg)];
  const done = Math.round((BAR * step) / of);
  const bar = inColour(generation)('━'.repeat(done)) + dim('─'.repeat(BAR - done));
  return [
    `to ${gen} ${bar} step ${step} of ${of}  ${seconds(now - since)}`,
    `${isBad ? yellow('bad release: ') : ''}${dim(stage(server))}`,
  ];
}

function stage({ workers }) {
  for (const { slot, state } of workers.values()) {
    if (state === 'draining') return `the new worker ${slot} serves; the old one drains`;
    if (state === 'starting') return `a new worker ${slot} is starting; the old one still serves`;
  }
  return '';
}

function slotsOf({ size, workers }) {
  const slots = new Set(Array.from({ length: size }, (_, slot) => slot));
  for (const { slot } of workers.values()) slots.add(slot);
  return [...slots].sort((a, b) => a - b);
}

function slotLine({ workers }, load, slot, now) {
  const here = [...workers.values()].filter((worker) => worker.slot === slot);
  const serving = here.find(({ state }) => state === 'ready');
  const others = here.filter((worker) => worker !== serving);
  const inService = serving
    ? inColour(serving.generation)(
        `● ${name(serving)} ${`${(load?.rateOf(serving.pid) ?? 0).toFixed(0)}/s`.padStart(5)}`.padEnd(
          IN_SERVICE,
        ),
      )
    : (load ? red : dim)('none'.padEnd(IN_SERVICE));
  const comingOrGoing = others.map((worker) =>
    inColour(worker.generation)(`○ ${name(worker)}  ${worker.state} ${seconds(now - worker.since)}`),
  );
  return `${label(`  ${slot}`)}${inService}${comingOrGoing.join(' ')}`;
}

const name = ({ generation, pid }) => `gen ${generation}  pid ${pid}`;

function tallyLine(title, tally) {
  if (!tally?.answered) return `${label(title)}${dim(cells('-', '-', '-', '-', '-'))}`;
  const { answered, failed, slowest } = tally;
  const [first, second, ...rest] = [
    count(answered),
    count(failed),
    ...[tally.latency(0.5), tally.latency(0.99), slowest].map(latency),
  ];
  const failures = second.padStart(12);
  return `${label(title)}${cells(first)}${failed ? red(failures) : green(failures)}${rest.map((text) => text.padStart(12)).join('')}`;
}

function connections(load) {
  if (!load) return '';
  return `${count(load.open).padStart(8)} kept alive, ${count(load.closed)} closed by the server`;
}

const BARS = ' ▁▂▃▄▅▆▇█';

/** One bar for each past second; red if a request failed. */
function history(all) {
  const past = all.slice(0, -1).slice(-HISTORY);
  const most = Math.max(1, ...past.map(({ answered }) => answered));
  const bars = past.map(({ answered, failed }) => {
    const bar = BARS[Math.ceil((answered / most) * (BARS.length - 1))];
    return failed ? red(bar === ' ' ? '×' : bar) : green(bar);
  });
  return `${bars.join('')} ${past.at(-1)?.answered ?? ''}`;
}

function logText({ level, time, msg }) {
  const text = `${new Date(time).toTimeString().slice(0, 8)}  ${msg.split('\n')[0]}`.slice(
    0,
    WIDTH - LABEL - 1,
  );
  return level >= 50 ? red(text) : dim(text);
}

function suggestion({ workers, pid }) {
  const serving = [...workers.values()].find(({ state }) => state === 'ready');
  return `kill -HUP ${pid} to reload${serving ? `, kill -9 ${serving.pid} to crash a worker` : ''}`;
}
