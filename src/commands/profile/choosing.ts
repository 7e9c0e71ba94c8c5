import { usageOf } from "../../audit/uses.ts";
import { valueOr } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import { sortedNaturally } from "../../model/natural.ts";
import { choose, type Item } from "../../screen/choice.ts";
import { lineOf, tableLines } from "../../screen/columns.ts";
import { outlinesIn } from "../../session/outlines.ts";
import type { OpenStore } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { cellsOf, columns, foundIn, type FoundOutline, rowsOf } from "./rows.ts";

/** Nothing without profiles; the most used ones come first. @throws {Failure} `cancelled` */
export async function chosenName(system: System, open: OpenStore): Promise<string | undefined> {
  const store = await open();
  // Skip damaged files: `ls` reports them.
  const listed = (store ? await outlinesIn(store) : []).filter((each) => "outline" in each);
  if (!store || !listed.length) return undefined;
  const found = await foundIn(system, store, listed, []);
  const sorted = byUse(found, usesIn(system, store.home));
  return await choose(system, "Profile:", ({ columns: width }): readonly Item[] => {
    const rows = rowsOf(system, sorted);
    // Two columns for the mark, and one that stays empty.
    const [, ...lines] = tableLines(columns, rows.map(cellsOf), width - 3).map(lineOf);
    return rows.map(({ name, account, role }, at) => {
      const named = sorted[at]?.outline.facts.role?.accountName;
      const search = [name, account, named, role].filter(Boolean).join(" ");
      return { name, line: lines[at] ?? name, search };
    });
  });
}

/** An unreadable audit log only affects the order. */
function usesIn(system: System, home: string): ReadonlyMap<string, number> {
  return valueOr(() => usageOf(system, home), new Map());
}

/** Most used first; without a log (`ATHM_AUDIT=off`), the newest session first. */
function byUse(
  found: readonly FoundOutline[],
  uses: ReadonlyMap<string, number>,
): readonly FoundOutline[] {
  const weight = ({ outline }: FoundOutline) => uses.get(nameKey(outline.name)) ?? 0;
  const issued = ({ session }: FoundOutline) => session?.issued ?? 0;
  return sortedNaturally(found, ({ outline }) => outline.name)
    .sort((a, b) => weight(b) - weight(a) || issued(b) - issued(a));
}
