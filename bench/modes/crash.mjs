/** An exception that nobody catches: how many requests and connections it costs under tshorn and under others. */
import path from 'node:path';
import { crashRun } from '../measure/crash-run.mjs';
import { installed } from '../measure/install.mjs';
import { find, peers, tshorn } from '../peers/peers.mjs';
import { machine, save } from '../report/save.mjs';
import { fixed, table, verdict } from '../report/table.mjs';

const PM2 = 'pm2@7.0.4';

const contenders = {
  tshorn: peers.tshorn,
  atOnce: { name: 'tshorn --crash-grace 0', ...tshorn('--crash-grace', '0') },
  bare: peers.bare,
  pm2: peers.pm2,
};

/** PM2 is installed for it where it is not on $PATH. */
function programOf(peer) {
  const found = find(peer);
  if (found || peer !== peers.pm2) return found;
  const folder = installed(PM2);
  return folder && path.join(folder, 'bin/pm2');
}

/** @param {{workers: number, rounds: number, connections: number, sockets: number, requests: number}} options */
export async function crash({ rounds, ...options }) {
  const results = {};
  const missing = [];
  // In turns: the machine's mood changes from minute to minute.
  for (let round = 0; round < rounds; round++) {
    for (const [name, peer] of Object.entries(contenders)) {
      const program = programOf(peer);
      if (!program) {
        missing.push(name);
        continue;
      }
      process.stderr.write(`${peer.name}\n`);
      results[name] = [...(results[name] ?? []), await crashRun(peer, program, options)];
    }
  }
  return report(results, missing, { rounds, ...options });
}

function report(results, missing, options) {
  const { workers, rounds, connections, sockets, requests } = options;
  const rows = Object.entries(results).map(([name, runs]) => {
    const mean = (of) => fixed(runs.reduce((sum, run) => sum + of(run), 0) / runs.length, 1);
    const fates = [...new Set(runs.map(({ culprit }) => culprit))].join(' or ');
    return [
      contenders[name].name,
      fates,
      ...['requests', 'idle', 'webSockets'].map((what) => mean((run) => run[what])),
    ];
  });
  const head = [
    'one crash',
    'the request that threw',
    `of ${requests} others`,
    `of ${connections} idle`,
    `of ${sockets} WebSockets`,
  ];
  const title = `What is lost besides, on average of ${rounds} crashes; ${workers} workers`;
  console.log(`\n${table(head, rows, title)}`);
  for (const name of new Set(missing))
    console.log(`  no figures: ${contenders[name].name}. ${contenders[name].get}`);
  const lost = results.tshorn.reduce((sum, run) => sum + run.requests + run.idle + run.webSockets, 0);
  const promise = { what: `tshorn: lost besides the request that threw: ${lost}`, met: lost === 0 };
  console.log(verdict(promise.what, promise.met));
  console.log(
    `\n${save('crash.json', { machine: machine(), options, promises: [promise], missing, results })}`,
  );
  return promise.met;
}
