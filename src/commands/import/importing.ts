import { roleNameOf } from "../../model/arn.ts";
import { Failure } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import { plain } from "../../model/shown_command.ts";
import type { Line, Option } from "../../line/command.ts";
import { checkPrefix, legalNames } from "../../migration/names.ts";
import {
  type Incoming,
  type Plan,
  type Roster,
  rosterOf,
  type Skipped,
} from "../../migration/plan.ts";
import type { Values } from "../../line/values.ts";
import { type Imported, keepImported } from "../../session/adding.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import { sameProfile } from "../../store/sealing/records.ts";
import { openOrCreateStore, openStore, profilesIn, type Store } from "../../session/stores.ts";
import { type Column, tableText } from "../../screen/columns.ts";
import type { System } from "../../system/system.ts";
import { guardProfiles, profilesOf } from "../profile/guard.ts";

export const importOptions: readonly Option[] = [
  { name: "dry-run", help: "show what would be imported without writing it" },
  { name: "force", help: "replace profiles with the same names" },
  { name: "prefix", value: "P", help: "prefix for every name" },
];

/** The existing profiles; damaged ones fail only when they are to be replaced. */
export async function storedRoster(system: System): Promise<Roster> {
  const listed = await (await openStore(system))?.profiles() ?? [];
  return rosterOf(profilesIn(listed));
}

/**
 * The new name of each profile to import.
 *
 * @param others sections that are there but not imported, which keep their names
 * @throws {Failure} `not-found` for an unknown one
 */
export function chosenNames(
  found: readonly string[],
  asked: readonly string[],
  values: Values,
  where: string,
  others: readonly string[] = [],
): ReadonlyMap<string, string> {
  const missing = asked.find((name) => !found.includes(name) && !others.includes(name));
  if (missing !== undefined) {
    throw new Failure("not-found", `${JSON.stringify(missing)} not found in ${where}`);
  }
  const legal = legalNames(found, checkPrefix(values.text("prefix") ?? ""));
  const names = new Map([...others.map((name) => [name, name] as const), ...legal]);
  return asked.length ? new Map([...names].filter(([from]) => asked.includes(from))) : names;
}

export interface ImportResult {
  readonly code: number;
  /** What athm now has, new or not, under the other tool's names. */
  readonly kept: readonly Incoming[];
}

/** Prints or executes the plan; `origin` names the other tool. */
export async function carryOut(
  system: System,
  line: Line,
  plan: Plan,
  roster: Roster,
  origin: string,
): Promise<ImportResult> {
  const { values } = line;
  const marked = plan.incoming.map((each) => asKept(each, roster))
    .map((each) => ({ ...each, state: stateOf(each, roster, values) }));
  if (!plan.incoming.length && !plan.skipped.length) {
    system.say(`athm: nothing to import in ${origin}`);
    return { code: 0, kept: [] };
  }
  if (values.has("dry-run")) return { code: show(system, marked, plan.skipped), kept: [] };
  const skipped = [...plan.skipped];
  const kept: Incoming[] = [];
  let count = 0;
  const saving = marked.flatMap(({ profile, state }) =>
    profile && saved.has(state) ? [{ profile, replace: state === "replaces" }] : []
  );
  const refused = await saveImported(line, system, saving);
  for (const each of marked) {
    const { from, name, profile, state } = each;
    const error = profile && refused.get(profile);
    if (error || state === "exists") {
      skipped.push({ from, why: error?.message ?? exists(name), failed: true });
      continue;
    }
    kept.push(each);
    if (!profile || !saved.has(state)) continue;
    system.say(`athm: imported ${name}${from === name ? "" : ` (${JSON.stringify(from)})`}`);
    count++;
  }
  for (const { from, why } of skipped) system.say(`athm: skipped ${plain(from)}: ${why}`);
  const same = kept.length - count;
  const rest = same ? `, ${same} unchanged` : "";
  system.say(`athm: ${count} imported${rest}, ${skipped.length} skipped`);
  return { code: failed(skipped), kept };
}

/**
 * Saves profiles, each after its base, and returns why some were not saved.
 *
 * @throws {Failure} `denied`, `needs-person`, `cancelled` for a confirmed profile
 */
export async function saveImported(
  line: Line,
  system: System,
  saving: readonly Imported[],
  store?: Store,
): Promise<ReadonlyMap<Profile, Failure>> {
  if (!saving.length) return new Map();
  await guardProfiles(line, system, await profilesOf(store ?? await openStore(system)), {
    changed: saving.filter(({ replace }) => replace).map(({ profile }) => profile.name),
    made: saving.map(({ profile }) => profile),
  });
  // Prompt for a passphrase before showing progress.
  const target = store ?? await openOrCreateStore(system);
  const what = saving.length === 1 ? "1 profile" : `${saving.length} profiles`;
  const refused = await system.busy(`saving ${what}`, () => keepImported(system, target, saving));
  const done = saving.filter(({ profile }) => !refused.has(profile));
  await system.audit(
    ...done.map(({ profile }) => ({ event: "import" as const, profile: profile.name })),
  );
  for (const { profile: { name, source } } of done) {
    system.trace("imported", { profile: name, source: sourceOf(source).kind });
  }
  return refused;
}

/** Other tools know nothing of `confirm`, so an import does not end it. */
function asKept(incoming: Incoming, roster: Roster): Incoming {
  const { name, profile } = incoming;
  const { confirm } = roster.get(nameKey(name)) ?? {};
  return profile && confirm !== undefined
    ? { ...incoming, profile: { ...profile, confirm } }
    : incoming;
}

type State = "new" | "replaces" | "same" | "exists" | "unopened";
const saved: ReadonlySet<State> = new Set<State>(["new", "replaces"]);

function stateOf({ name, profile }: Incoming, roster: Roster, values: Values): State {
  const there = roster.get(nameKey(name));
  if (!there) return "new";
  if (profile && sameProfile(there, profile)) return "same";
  if (values.has("force")) return "replaces";
  return profile ? "exists" : "unopened";
}

const columns: readonly Column[] = [
  { title: "NAME", least: 12 },
  { title: "FROM", least: 12, leaves: 1 },
  { title: "ROLE", least: 8, leaves: 2 },
  { title: "STATE", least: 12 },
];

const words = {
  new: "new",
  replaces: "replaces a profile",
  same: "unchanged",
  unopened: "exists; replaced only with --force",
} as const;

function show(
  system: System,
  incoming: readonly (Incoming & { readonly state: State })[],
  skipped: readonly Skipped[],
): number {
  const left: Skipped[] = [...skipped];
  const rows = incoming.map(({ from, name, roleArn, profile, state }) => {
    if (state === "exists") left.push({ from, why: exists(name), failed: true });
    const note = state === "exists" ? `skipped: ${exists(name)}` : words[state];
    const { base, role: own } = profile ? factsOf(profile.source) : {};
    const below = base === undefined ? from : `${from} (on ${base})`;
    const role = roleArn === undefined ? own?.name : roleNameOf(roleArn) ?? roleArn;
    return [name, plain(below), role ?? "-", note];
  });
  const others = skipped.map(({ from, why }) => ["-", plain(from), "-", `skipped: ${why}`]);
  system.out(tableText(columns, [...rows, ...others], system.terminal.width()));
  return failed(left);
}

function failed(skipped: readonly Skipped[]): number {
  return skipped.some((each) => each.failed) ? 1 : 0;
}

function exists(name: string): string {
  return `profile ${name} already exists; --force replaces it`;
}
