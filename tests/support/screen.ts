/**
 * A terminal's screen: the visible text after all output, with cursor movements applied.
 *
 * @module
 */
import { widthOf } from "../../src/screen/width.ts";

/** The lines of a screen of `columns`, as high as needed, without spaces at their ends. */
export function screenOf(raw: string, columns: number): string {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const line = () => rows[row] ??= [];

  function put(character: string): void {
    const width = widthOf(character);
    if (column + width > columns) {
      row++;
      column = 0;
    }
    const cells = line();
    while (cells.length < column) cells.push(" ");
    // The second column of a wide character is empty.
    cells.splice(column, width, character, ...width === 2 ? [""] : []);
    column += width;
  }

  function control(number: number, final: string): void {
    const count = Number.isNaN(number) ? 1 : number;
    if (final === "A") row = Math.max(0, row - count);
    else if (final === "B") row += count;
    else if (final === "C") column = Math.min(columns - 1, column + count);
    else if (final === "D") column = Math.max(0, column - count);
    else if (final === "K" || final === "J") {
      line().splice(column);
      if (final === "J") rows.splice(row + 1);
    } else if (final !== "m") throw new Error(`the screen does not accept CSI ${number} ${final}`);
  }

  // deno-lint-ignore no-control-regex
  const parts = /\x1b\[\?2004([hl])|\x1b\[(\d*)([A-Za-z])|\P{M}\p{M}*/gsu;
  for (const [whole, mode, number = "", final] of raw.matchAll(parts)) {
    // Marks around a paste draw nothing.
    if (mode !== undefined) continue;
    if (final !== undefined) control(number === "" ? NaN : Number(number), final);
    else if (whole === "\r") column = 0;
    else if (whole === "\b") column = Math.max(0, column - 1);
    else if (whole === "\n") row++;
    else if (whole < " ") throw new Error(`the screen does not accept ${JSON.stringify(whole)}`);
    else put(whole);
  }
  const lines = Array.from(rows, (cells) => (cells ?? []).join("").trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines.map((each) => each + "\n").join("");
}
