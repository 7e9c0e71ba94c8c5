import { padded, printable, shortened, widthOf } from "./width.ts";

/** A column, and how it yields on a narrow terminal. */
export interface Column {
  readonly title: string;
  readonly least?: number;
  /** Hidden before columns with a higher number, if truncating is not enough; never if 0 or absent. */
  readonly leaves?: number;
}

const gap = "  ";

/**
 * Lays rows out to fit `width`: truncates the widest columns that allow it, then hides columns, then
 * truncates the first one. The first line has the titles.
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
    // Restore the remaining columns: the hidden one freed space.
    for (const each of shown) {
      each.width = Math.max(...cells.map((row) => widthOf(row[each.at] ?? "")));
    }
  }
  // Too narrow for the columns that cannot be hidden: truncate the first one.
  const [first] = shown;
  if (first) first.width = Math.max(1, first.width - Math.max(0, total() - width));
  return cells.map((row) =>
    shown.map(({ at, width }) => padded(shortened(row[at] ?? "", width), width))
  );
}

/** Removes `excess` terminal columns one at a time, each from the widest column. */
function shrink(columns: { width: number; least?: number }[], excess: number): void {
  for (let left = excess; left > 0; left--) {
    const widest = columns.filter(({ width, least }) => least !== undefined && width > least)
      .sort((a, b) => b.width - a.width)[0];
    if (!widest) return;
    widest.width--;
  }
}

export function lineOf(row: readonly string[]): string {
  return row.join(gap).trimEnd();
}

/**
 * In columns that fit `width`; without a width (not on a terminal) separated by tabs.
 * @param color SGR code (ECMA-48, 8.3.117) for the last field of a row, by row index
 */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
  color: (row: number) => number | undefined = () => undefined,
): string {
  if (width === undefined) {
    const titles = columns.map(({ title }) => title);
    return [titles, ...rows].map((row) => row.join("\t") + "\n").join("");
  }
  return tableLines(columns, rows, width).map((row, at) => {
    const code = at === 0 ? undefined : color(at - 1);
    const last = row.at(-1)?.trimEnd() ?? "";
    const painted = code === undefined ? last : `\x1b[${code}m${last}\x1b[0m`;
    return lineOf([...row.slice(0, -1), painted]) + "\n";
  }).join("");
}
