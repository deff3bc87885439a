/** Who wants the number of workers, and how it follows the load. */
import type { Facts } from './facts.ts';
import type { Family } from './family.ts';

/** Whoever is neither config nor scaler: a signal, a command, the library. */
const OPERATOR = 'operator';

export function scalingFamilies({
  desired,
  counts,
}: Pick<Facts, 'counts'> & { readonly desired: Facts['status']['desired'] }): Family[] {
  const { by, load, held } = desired;
  const who = by === 'config' || by === 'scaler' ? by : OPERATOR;
  const follows = desired.range !== undefined;
  return [
    {
      name: 'tshorn_workers_desired_by',
      help: '1 for whoever has asked for that number last: the config, an operator, or the scaler that follows the load',
      type: 'gauge',
      points: ['config', OPERATOR, 'scaler'].map((name) => ({
        labels: { by: name },
        value: Number(name === who),
      })),
    },
    {
      name: 'tshorn_scaling_load',
      help: 'Sum of the utilisations of the event loops, in workers, where the number of workers follows it',
      type: 'gauge',
      points: load === undefined ? [] : [{ labels: {}, value: load }],
    },
    {
      name: 'tshorn_scaling_held',
      help: '1 while the load asks for more workers than there may be, where their number follows it',
      type: 'gauge',
      points: follows ? [{ labels: {}, value: Number(held !== undefined) }] : [],
    },
    {
      name: 'tshorn_scaling_decisions_total',
      help: 'Changes of the number of workers that the load has asked for',
      type: 'counter',
      points: [...counts.scalings].map(([reason, { direction, count }]) => ({
        labels: { direction, reason },
        value: count,
      })),
    },
  ];
}
