// Builds the page of the admin listener: one file with all scripts and styles in it, compressed once and for all. Its policy,
// which the master sends along, allows these very scripts and styles by their hashes, and connections to where it comes from.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './config-package.mjs';

const source = path.join(root, 'packages/page/src');

/**
 * @param {string} target directory that the inputs are relative to
 * @returns {Promise<{ html: string, policy: string, metafile: import('esbuild').Metafile }>}
 */
export async function pageOf(target) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: target,
    entryPoints: { page: path.join(source, 'main.ts') },
    outdir: 'dist',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    metafile: true,
  });
  const { outputFiles: styles, metafile: ofStyles } = await build({
    absWorkingDir: target,
    stdin: {
      contents: "@import 'uplot/dist/uPlot.min.css'; @import './style/page.css';",
      resolveDir: source,
      loader: 'css',
    },
    write: false,
    bundle: true,
    minify: true,
    // light-dark() stays as it is.
    target: 'esnext',
    metafile: true,
  });
  const script = outputFiles[0].text.replaceAll('</script', '<\\/script').trim();
  const style = styles[0].text.trim();
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const html = fs
    .readFileSync(path.join(source, 'index.html'), 'utf8')
    .replace('/* STYLE */', () => style)
    .replace('/* SCRIPT */', () => script);
  return { html, policy, metafile: { inputs: { ...metafile.inputs, ...ofStyles.inputs } } };
}

export const compressed = (html) => gzipSync(html, { level: constants.Z_BEST_COMPRESSION });
