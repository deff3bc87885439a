// An app that needs 2.5 seconds before it can answer: it fills a cache, opens a pool, reads a model.
// The module exports an async function that returns the app. During a reload the old workers serve until the new ones are ready.
import { setTimeout as sleep } from 'node:timers/promises';
import { worker } from 'tshorn/worker';

export default async function start() {
  const began = new Date();
  await sleep(Number(process.env.START_MS ?? 2500));

  return (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/_status') answerStatus(response, process.env.STATUS_ERROR);
    else response.end(`${JSON.stringify({ release: worker.generation, pid: process.pid, began })}\n`);
  };
}

/** A release that cannot serve answers 500, and tells why: the reload is rolled back. */
function answerStatus(response, error) {
  response.statusCode = error ? 500 : 200;
  response.end(`${JSON.stringify(error ? { error } : { ok: true })}\n`);
}
