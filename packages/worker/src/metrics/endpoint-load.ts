/**
 * `--endpoint-load-metrics`: each response tells the load of this worker over the last second, in the text format of ORCA, which
 * Envoy reads (source/common/orca/orca_parser.cc; the names are the fields of xds.data.orca.v3.OrcaLoadReport). Loaded only
 * with the option.
 */
import type { Meter } from '../meter.ts';
import { isTraffic } from '../transport/own-answer.ts';

const HEADER = 'endpoint-load-metrics';
const EVERY_MS = 1_000;

interface Look {
  readonly at: number;
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
  readonly cpu: NodeJS.CpuUsage;
  readonly requests: number;
  readonly errors: number;
}

/** Starts to add the header; an app that sets it itself wins. */
export function tellEndpointLoad(meter: Meter): void {
  let errors = 0;
  const look = (): Look => ({
    at: performance.now(),
    loop: performance.eventLoopUtilization(),
    cpu: process.cpuUsage(),
    requests: meter.requests,
    errors,
  });
  let before = look();
  let text = endpointLoad(before, before);
  setInterval(() => {
    const now = look();
    text = endpointLoad(before, now);
    before = now;
  }, EVERY_MS).unref();
  meter.listen({
    begun: ({ response }) => {
      response.setHeader(HEADER, text);
    },
    finished: (exchange) => {
      if (exchange.response.statusCode >= 500 && isTraffic(exchange)) errors++;
    },
  });
}

/** The value of the header, of the time between two looks. */
export function endpointLoad(before: Look, now: Look): string {
  const ms = Math.max(1, now.at - before.at);
  const cpuMs = (now.cpu.user - before.cpu.user + now.cpu.system - before.cpu.system) / 1_000;
  const perSecond = (count: number) => short((count * 1_000) / ms);
  return `TEXT ${[
    `application_utilization=${short(performance.eventLoopUtilization(now.loop, before.loop).utilization)}`,
    `cpu_utilization=${short(cpuMs / ms)}`,
    `rps_fractional=${perSecond(now.requests - before.requests)}`,
    `eps=${perSecond(now.errors - before.errors)}`,
  ].join(',')}`;
}

/** Never NaN or infinite, and never in the form `1e-7`. */
const short = (number: number): string => (Number.isFinite(number) ? String(Number(number.toFixed(3))) : '0');
