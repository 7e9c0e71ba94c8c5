import { usageOf } from "../../audit/uses.ts";
import { Failure, usage, valueOr } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import { sortedNaturally } from "../../model/natural.ts";
import type { Entry } from "../../line/command.ts";
import { choose, type Item } from "../../screen/choice.ts";
import { lineOf, tableLines } from "../../screen/columns.ts";
import { outlinesIn } from "../../session/outlines.ts";
import type { OpenStore } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { cellsOf, columns, foundIn, type FoundOutline, rowsOf } from "./rows.ts";

/** The most used profiles come first. @throws {Failure} `usage` without prompts or profiles */
export async function chosenName(
  system: System,
  entry: Entry,
  open: OpenStore,
): Promise<string> {
  const { terminal } = system;
  if (!terminal.stderrIsTerminal || !terminal.canAsk) throw nameWanted(entry);
  const store = await open();
  // Skip damaged files: `ls` reports them.
  const listed = (store ? await outlinesIn(store) : []).filter((each) => "outline" in each);
  if (!store || !listed.length) throw nameWanted(entry, "run athm aws add NAME to create one");
  const found = await foundIn(system, store, listed, []);
  const sorted = byUse(found, usesIn(system, store.home));
  return await choose(system, "Profile:", ({ columns: width }): readonly Item[] => {
    const rows = rowsOf(system, sorted);
    // Two columns for the mark, and one that stays empty.
    const [, ...lines] = tableLines(columns, rows.map(cellsOf), width - 3).map(lineOf);
    return rows.map(({ name, account, role }, at) => ({
      name,
      line: lines[at] ?? name,
      search: [name, account, role].filter(Boolean).join(" "),
    }));
  });
}

export function nameWanted(
  { path }: Entry,
  hint = "add a NAME, set ATHM_PROFILE, or write a name into .athm and run athm allow",
): Failure {
  return usage(`athm ${path.join(" ")} requires the NAME of a profile`, hint);
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
