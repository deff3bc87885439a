/** Reads the variable NODE_OPTIONS, by the rules of https://nodejs.org/api/cli.html#node_optionsoptions. Pure. */
import { isPreload, takesNextWord } from './node-flags.ts';

export interface Word {
  /** As written, with its quotes. */
  readonly raw: string;
  readonly value: string;
}

/** The words of NODE_OPTIONS. A blank ends a word, except between double quotes, where a backslash keeps the next character. */
export function wordsOf(text: string): Word[] {
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*"?|[^ "])+/gs)].map(([raw]) => ({
    raw,
    value: raw.replaceAll(/"((?:\\.|[^"\\])*)"?/gs, (_, quoted: string) =>
      quoted.replaceAll(/\\(.)/gs, '$1'),
    ),
  }));
}

export interface SplitOptions {
  /** `--import ./instrument.mjs`, one for each module that is loaded first. */
  readonly preloads: readonly string[];
  /** The other options, as written. */
  readonly others: string;
}

/** Splits the value of NODE_OPTIONS into the modules to load first and everything else. */
export function splitNodeOptions(text: string): SplitOptions {
  const preloads: string[] = [];
  const others: string[] = [];
  const words = wordsOf(text);
  for (let at = 0; at < words.length; at++) {
    const { raw, value } = words[at] as Word;
    const [name = ''] = value.split('=', 1);
    if (!isPreload(name)) others.push(raw);
    else if (name !== value) preloads.push(value.replace('=', ' '));
    else preloads.push(`${value} ${words[++at]?.value ?? ''}`.trim());
  }
  return { preloads, others: others.join(' ') };
}

export interface NodeOption {
  /** With its dashes, and `-` for `_`, which Node takes as well. */
  readonly name: string;
  readonly value?: string;
}

/** Returns the options in the value of NODE_OPTIONS, in their order. */
export function nodeOptionsIn(text: string): NodeOption[] {
  const options: NodeOption[] = [];
  const words = wordsOf(text);
  for (let at = 0; at < words.length; at++) {
    const { value: word } = words[at] as Word;
    const equals = word.indexOf('=');
    const name = (equals < 0 ? word : word.slice(0, equals)).replaceAll('_', '-');
    const value = equals >= 0 ? word.slice(equals + 1) : takesNextWord(name) ? words[++at]?.value : undefined;
    options.push({ name, ...(value !== undefined && { value }) });
  }
  return options;
}
