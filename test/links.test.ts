/** Every relative link of the README, the pages and the examples leads to a file that is there, and to a heading of it. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './support/server.ts';

const pages = ['README.md', 'CHANGELOG.md', 'bench', 'docs', 'examples', 'packages'].flatMap((name) =>
  fs.statSync(path.join(root, name)).isFile()
    ? [name]
    : (fs.readdirSync(path.join(root, name), { recursive: true }) as string[])
        .filter(
          (file) => file.endsWith('.md') && !/node_modules|dist\/|^tshorn\/(README|docs|examples)/.test(file),
        )
        .map((file) => path.join(name, file)),
);

/** Text without its code, in which brackets mean something else. */
const prose = (file: string): string =>
  fs
    .readFileSync(path.join(root, file), 'utf8')
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '')
    .replaceAll(/^ {4}.*$/gm, '');

/** The anchors of a page, as GitHub makes them: lower case, no punctuation, a number behind what is there already. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(file).matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '');
    const anchor = words.trim().replaceAll(' ', '-');
    let unique = anchor;
    for (let more = 1; anchors.has(unique); more++) unique = `${anchor}-${more}`;
    anchors.add(unique);
  }
  return anchors;
}

function linksOf(file: string): string[] {
  return [
    ...prose(file)
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function whyBroken(file: string, link: string): string | undefined {
  const [target = '', anchor] = link.split('#');
  const at = target === '' ? file : path.join(path.dirname(file), target);
  if (!fs.existsSync(path.join(root, at))) return `${link}: there is no ${at}`;
  if (anchor && at.endsWith('.md') && !anchorsOf(at).has(anchor)) return `${link}: ${at} has no such heading`;
  return undefined;
}

test('the pages are found', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/reload.md', 'examples/README.md']));
  expect(linksOf('README.md').length).toBeGreaterThan(20);
});

test.each(pages)('no link of %s is broken', (file) => {
  expect(
    linksOf(file)
      .map((link) => whyBroken(file, link))
      .filter(Boolean),
  ).toEqual([]);
});

test('every page is reached from the README in one step', () => {
  const reached = linksOf('README.md').map((link) => link.split('#')[0]);
  const missing = fs
    .readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md') && !reached.includes(`docs/${name}`));
  expect(missing).toEqual([]);
});
