import { EVERY_OPTION } from '../options.ts';
import type { Resolved } from '../resolve.ts';

/** For `--print-config`: each option, its value, and where that came from. */
export function renderConfig({ config, origins }: Pick<Resolved, 'config' | 'origins'>): string {
  const rows = EVERY_OPTION.map(({ key, row }) => [key, row.kind.format(config[key]), origins[key]] as const);
  const [keys, values] = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(([key, value, origin]) => `${key.padEnd(keys ?? 0)}  ${value.padEnd(values ?? 0)}  ${origin}`)
    .join('\n');
}
