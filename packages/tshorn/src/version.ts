/** `tshorn --version --json`: for whoever asks whether an advisory concerns this installation. */
import fs from 'node:fs';

declare const TSHORN_VERSION: string;

/** The JSON text: tshorn, Node, and every library in the bundle, with its version and licence. */
export const versionJson = (): string =>
  JSON.stringify(
    {
      version: TSHORN_VERSION,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      // scripts/build.mjs writes it beside the bundle.
      bundled: JSON.parse(fs.readFileSync(new URL('./bundled.json', import.meta.url), 'utf8')),
    },
    null,
    2,
  );
