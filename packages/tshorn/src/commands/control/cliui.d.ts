/** The part of cliui that table.ts uses; the package has no types of its own. */
declare module 'cliui' {
  interface Cell {
    readonly text: string;
    /** With the padding. */
    readonly width?: number;
    readonly align?: 'left' | 'right' | 'center';
    /** Top, right, bottom, left. */
    readonly padding?: readonly number[];
  }
  export default function cliui(options: { width: number; wrap?: boolean }): {
    div(...cells: readonly Cell[]): void;
    toString(): string;
  };
}
