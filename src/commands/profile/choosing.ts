import { usageOf } from "../../audit/uses.ts";
import type { Session } from "../../model/credentials.ts";
import { Failure, usage } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Entry } from "../../line/command.ts";
import { choose, type Item } from "../../screen/choice.ts";
import { lineOf, tableLines } from "../../screen/columns.ts";
import { keptSession } from "../../session/keep.ts";
import { openStore } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { cellsOf, columns, rowOf } from "./rows.ts";
import { collect } from "./warnings.ts";

interface Found {
  readonly profile: Profile;
  readonly session: Session | undefined;
}

/**
 * The NAME that a line lacks, chosen by the person: those that are used most stand first.
 *
 * @throws {Failure} `usage` where nobody can be asked or there is nothing to choose from; `cancelled`
 */
export async function chosenName(system: System, entry: Entry): Promise<string> {
  const { terminal } = system;
  if (!terminal.stderrIsTerminal || !terminal.canAsk) throw nameWanted(entry);
  const store = await openStore(system);
  const found: Found[] = [];
  for (const each of await store?.profiles() ?? []) {
    // A file that does not open is told by `ls`; here it is not to be chosen.
    if (!store || !("profile" in each)) continue;
    const session = await keptSession(system, store, each.profile).catch(collect([]));
    found.push({ profile: each.profile, session });
  }
  if (!store || !found.length) throw nameWanted(entry, "run athm aws add NAME to create one");
  const sorted = byUse(found, usesIn(system, store.home));
  return await choose(system, "Profile:", ({ columns: width }): readonly Item[] => {
    const rows = sorted.map(({ profile, session }) => cellsOf(rowOf(system, profile, session)));
    // Two for the mark, and one that stays free.
    const [, ...lines] = tableLines(columns, rows, width - 3).map(lineOf);
    return sorted.map(({ profile: { name } }, at) => ({ name, line: lines[at] ?? name }));
  });
}

/** The failure for a line without the NAME that it needs. */
export function nameWanted({ path }: Entry, hint = "run athm aws ls to list profiles"): Failure {
  return usage(`athm ${path.join(" ")} requires the NAME of a profile`, hint);
}

/** An audit log that cannot be read costs the order alone. */
function usesIn(system: System, home: string): ReadonlyMap<string, number> {
  try {
    return usageOf(system, home);
  } catch (error) {
    if (error instanceof Failure) return new Map();
    throw error;
  }
}

/** Most used first; where the log says nothing (`ATHM_AUDIT=off`), the one with the newest session. */
function byUse(found: readonly Found[], uses: ReadonlyMap<string, number>): readonly Found[] {
  const weight = ({ profile }: Found) => uses.get(nameKey(profile.name)) ?? 0;
  const issued = ({ session }: Found) => session?.issued ?? 0;
  // `sort` keeps the order by name where both are equal.
  return found.toSorted((a, b) => weight(b) - weight(a) || issued(b) - issued(a));
}
