/** The text that `tshorn import` prints for a person: what was written, how to start it, and what is not in it. */
import { wrapWords } from '@tshorn/core';
import { shellWord } from '../shell-word.ts';
import type { Note, NoteKind } from './draft.ts';
import type { ImportReport } from './import.ts';

type Paint = (colour: 'bold' | 'green' | 'red' | 'yellow' | 'dim', text: string) => string;

export interface Look {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
  /** Nothing was written: the texts follow. */
  readonly dryRun: boolean;
}

const TITLES: readonly (readonly [NoteKind, string])[] = [
  ['differs', 'not quite the same'],
  ['left-out', 'left out'],
  ['unknown', 'unknown'],
];

export function renderReport({ apps, notes }: ImportReport, look: Look): string {
  const parts = apps.map((app) => {
    if ('refused' in app) {
      return [
        `${look.paint('red', app.name)}: not imported`,
        ...wrap(app.refused, 2, look.width),
        ...(app.line === undefined ? [] : [`    ${look.paint('bold', app.line)}`]),
      ];
    }
    const did = look.dryRun ? `would write ${app.file}` : `wrote ${app.file}`;
    return [
      `${look.paint('green', app.name)}: ${did}`,
      `  start:   ${look.paint('bold', app.start)}`,
      `  reload:  ${app.reload}`,
      `  service: npx tshorn unit --name ${app.slug} --config ${shellWord(app.file)}`,
      ...TITLES.flatMap(([kind, title]) => section(app.notes, kind, title, look)),
      ...unneeded(app.notes, look),
      ...(look.dryRun ? ['', ...app.text.trimEnd().split('\n')] : []),
    ];
  });
  const general = notes.map(({ key, kind, text }) => [
    `${look.paint('yellow', key)}: ${kind === 'left-out' ? 'left out' : 'not quite the same'}`,
    ...wrap(text, 2, look.width),
  ]);
  return [...parts, ...general].map((part) => part.join('\n')).join('\n\n');
}

function section(notes: readonly Note[], kind: NoteKind, title: string, { paint, width }: Look): string[] {
  const merged = new Map<string, string[]>();
  for (const note of notes.filter((candidate) => candidate.kind === kind)) {
    merged.set(note.text, [...(merged.get(note.text) ?? []), note.key]);
  }
  if (merged.size === 0) return [];
  const entries = [...merged].flatMap(([text, keys]) => {
    const [first = '', ...more] = wrap(`${keys.join(', ')}: ${text}`, 6, width);
    return [first.slice(2), ...more];
  });
  return [`  ${paint('yellow', title)}:`, ...entries];
}

const UNNEEDED = 'not needed here:';

/** Keys without which nothing is lost: their names do. */
function unneeded(notes: readonly Note[], { paint, width }: Look): string[] {
  const keys = notes.filter(({ kind }) => kind === 'unneeded').map(({ key }) => key);
  if (keys.length === 0) return [];
  const lines = wrap(`${UNNEEDED} ${keys.join(', ')}`, 2, width);
  return lines.map((line) => line.replace(UNNEEDED, paint('dim', UNNEEDED)));
}

/** Lines of at most `width` columns, indented. */
const wrap = (text: string, indent: number, width: number): string[] =>
  wrapWords(text, width - indent).map((line) => ' '.repeat(indent) + line);
