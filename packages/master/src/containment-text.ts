/** The line about a crash or a hang that was contained. Pure. */
import { formatMs } from '@tshorn/core';
import type { Containment } from './decide/notice.ts';

/** `crashed: moved=97 finished=12 lost=1 in 0.3s; GET /boom was answered with 500` */
export function textOfContainment(containment: Containment): string {
  const {
    cause,
    rescued,
    moved,
    finished,
    lost,
    inFlight = 0,
    interrupted,
    why,
    killed,
    tookMs,
  } = containment;
  const because = why === undefined ? '' : ` (${why})`;
  const figures = [
    (cause === 'hang' || rescued > 0) && `rescued=${rescued}`,
    interrupted !== undefined && `interrupted=${interrupted ? 'yes' : `no${because}`}`,
    cause === 'crash' && `moved=${moved ?? 'unknown'}`,
    `finished=${finished ?? 'unknown'}`,
    `lost=${lost ?? (inFlight > 0 ? `unknown (${inFlight} in flight)` : 'unknown')}`,
    `in ${formatMs(tookMs)}`,
  ];
  const line = `${cause === 'crash' ? 'crashed' : 'hung'}: ${figures.filter(Boolean).join(' ')}`;
  const end = interrupted === undefined || interrupted ? why : undefined;
  return [line, killed && 'killed', end, textOfCulprit(containment)].filter(Boolean).join('; ');
}

function textOfCulprit({
  cause,
  request = 'the request that caused it',
  cost,
  lost = 0,
}: Containment): string {
  if (cost === 'unknown' && lost > 0) {
    return `${request} is not known: it was answered with 500, or closed, when the grace ended`;
  }
  if (cost === 'answered') return `${request} was answered with ${cause === 'crash' ? 500 : 503}`;
  if (cost === 'closed') return `the connection of ${request} was closed`;
  return '';
}
