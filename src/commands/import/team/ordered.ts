import { Failure } from "../../../model/failure.ts";
import { nameKey, parseName } from "../../../model/names.ts";
import type { Profile } from "../../../model/profile.ts";
import { type Complaint, complaintAbout, type TeamFile } from "../../../migration/team/parse.ts";
import { factsOf } from "../../../sources/all_sources.ts";
import type { System } from "../../../system/system.ts";
import { profileOf } from "./profiles.ts";

/** The profiles of the file, each after its base. @throws {Failure} `files` */
export async function profilesOf(
  { entries }: TeamFile,
  where: string,
  prefix: string,
  system: System,
): Promise<readonly Profile[]> {
  const wrong = complaintAbout(where);
  const found = new Map<string, { readonly profile: Profile; readonly line: number }>();
  for (const entry of entries) {
    const profile = await profileOf(entry, system, wrong);
    found.set(nameKey(entry.name), { profile, line: entry.line });
  }
  const ordered = new Map<string, Profile>();
  const add = (key: string, above: readonly string[]) => {
    const at = found.get(key);
    if (!at || ordered.has(key)) return;
    if (above.includes(key)) {
      const names = [...above.slice(above.indexOf(key)), key];
      throw wrong(at.line, `profiles form a cycle: ${names.join(" → ")}`);
    }
    if (above.length > longestChain) {
      throw wrong(
        at.line,
        `${at.profile.name} is part of a chain of more than ${longestChain} profiles`,
      );
    }
    const { base, onBase } = factsOf(at.profile.source);
    if (base !== undefined) add(nameKey(base), [...above, key]);
    const isInFile = base !== undefined && found.has(nameKey(base));
    const source = isInFile && onBase ? onBase(prefix + base) : at.profile.source;
    ordered.set(key, { ...at.profile, name: nameWith(prefix, at, wrong), source });
  };
  for (const key of found.keys()) add(key, []);
  return [...ordered.values()];
}

/** Of profiles that are each the source of the next. */
const longestChain = 10;

function nameWith(
  prefix: string,
  { profile, line }: { readonly profile: Profile; readonly line: number },
  wrong: Complaint,
): string {
  try {
    return parseName(prefix + profile.name);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw wrong(line, `${profile.name} is too long for --prefix`, "use a shorter --prefix");
  }
}
