import { padded, printable, shortened, widthOf } from "./width.ts";

/** A column, and what becomes of it where the terminal is narrow. */
export interface Column {
  readonly title: string;
  /** Columns of the terminal that it keeps when it is shortened; one without is never shortened. */
  readonly least?: number;
  /** Left out before those with a higher number, when shortening is not enough; 0 or none: never. */
  readonly leaves?: number;
}

/** Between two columns. */
const gap = "  ";

/**
 * Rows in columns that fit `width`: the widest of those that may be shortened are, then columns leave,
 * then whatever is left is cut. The title row is the first.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly (readonly string[])[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const shown = columns.map((column, at) => ({
    ...column,
    at,
    width: Math.max(...cells.map((row) => widthOf(row[at] ?? ""))),
  }));
  const total = () =>
    shown.reduce((sum, each) => sum + each.width, 0) + gap.length * (shown.length - 1);
  for (;;) {
    shrink(shown, total() - width);
    const leaving = shown.filter(({ leaves }) => leaves)
      .sort((a, b) => (a.leaves ?? 0) - (b.leaves ?? 0))[0];
    if (total() <= width || !leaving) break;
    shown.splice(shown.indexOf(leaving), 1);
    // Who stays may have its room back.
    for (const each of shown) {
      each.width = Math.max(...cells.map((row) => widthOf(row[each.at] ?? "")));
    }
  }
  // Narrower than all that must stay: the first column gives what it has.
  const [first] = shown;
  if (first) first.width = Math.max(1, first.width - Math.max(0, total() - width));
  return cells.map((row) =>
    shown.map(({ at, width }) => padded(shortened(row[at] ?? "", width), width))
  );
}

/** Takes `excess` columns from the widest, one by one. */
function shrink(columns: { width: number; least?: number }[], excess: number): void {
  for (let left = excess; left > 0; left--) {
    const widest = columns.filter(({ width, least }) => least !== undefined && width > least)
      .sort((a, b) => b.width - a.width)[0];
    if (!widest) return;
    widest.width--;
  }
}

/** A row of `tableLines` as text. */
export function lineOf(row: readonly string[]): string {
  return row.join(gap).trimEnd();
}

/**
 * A table as text: in columns that fit `width`, where there is one; else (not on a terminal) whole, with
 * tabs between the fields.
 *
 * @param colour SGR code (ECMA-48, 8.3.117) for the last field of a row, by the row's number
 */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
  colour: (row: number) => number | undefined = () => undefined,
): string {
  if (width === undefined) {
    const titles = columns.map(({ title }) => title);
    return [titles, ...rows].map((row) => row.join("\t") + "\n").join("");
  }
  return tableLines(columns, rows, width).map((row, at) => {
    const code = at === 0 ? undefined : colour(at - 1);
    const last = row.at(-1)?.trimEnd() ?? "";
    const painted = code === undefined ? last : `\x1b[${code}m${last}\x1b[0m`;
    return lineOf([...row.slice(0, -1), painted]) + "\n";
  }).join("");
}
