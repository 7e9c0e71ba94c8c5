import { Failure, usage } from "../../../model/failure.ts";
import { nameKey, parseName, suggestion } from "../../../model/names.ts";
import type { Values } from "../../../line/values.ts";
import { printTeamFile, type TeamValues } from "../../../migration/team/print.ts";
import { openStore, profilesIn } from "../../../session/stores.ts";
import { sourceOf } from "../../../sources/all_sources.ts";
import type { System } from "../../../system/system.ts";
import { exportedFields } from "./profiles.ts";

/** Prints a file of profiles; what a file cannot have is left out and named. */
export async function exportFile(
  names: readonly string[],
  values: Values,
  system: System,
): Promise<number> {
  const other = values.given.find((name) => name !== "export");
  if (other !== undefined) throw usage(`--${other} cannot be combined with --export`);
  const listed = profilesIn(await (await openStore(system))?.profiles() ?? []);
  const known = new Map(listed.map((profile) => [nameKey(profile.name), profile]));
  for (const name of names) {
    if (known.has(nameKey(name))) continue;
    throw new Failure(
      "not-found",
      `profile ${JSON.stringify(parseName(name))} not found${
        suggestion(name, listed.map((each) => each.name))
      }`,
      "run athm aws ls to list profiles",
    );
  }
  const wanted = names.length
    ? [...new Set(names.map(nameKey))].flatMap((key) => known.get(key) ?? [])
    : listed;
  const fields = new Map<string, TeamValues>();
  for (const profile of wanted) {
    const said = await exportedFields(profile, system);
    if (typeof said === "object") fields.set(profile.name, said);
    else system.say(`athm: left out ${profile.name} (${sourceOf(profile.source).kind}): ${said}`);
  }
  system.out(printTeamFile(fields, serialAt(system.now())));
  // Without a person's choice of names, leaving some out is no failure.
  return names.length && fields.size < wanted.length ? 1 : 0;
}

/** The time as a number, which grows with each export: 20260101120000. */
function serialAt(now: number): number {
  return Number(new Date(now).toISOString().replace(/\D/g, "").slice(0, 14));
}
