import { Failure } from "../model/failure.ts";
import type { KeysSource } from "../model/profile.ts";
import type { Section, Sections } from "./aws_files.ts";
import { failedOne, type Incoming, type Plan, type Skipped } from "./plan.ts";
import { settingsOf } from "./settings.ts";
import { keyIn } from "./vault_item.ts";
import type { Vault } from "./vault_names.ts";

/** Failures that would repeat for every item. */
const forAll = new Set(["store-key", "needs-person", "cancelled", "command-not-executable"]);

/**
 * The keys of aws-vault as profiles, with their settings in `~/.aws/config`.
 * @param asked names given by the person: a missing one is an error
 * @param dry opens nothing and does not prompt if the names are readable without
 */
export async function planAwsVault(
  vault: Vault,
  names: ReadonlyMap<string, string>,
  config: Sections,
  { asked, dry }: { readonly asked: readonly string[]; readonly dry: boolean },
): Promise<Plan> {
  const incoming: Incoming[] = [];
  const skipped: Skipped[] = [];
  const keys = new Set(vault.names);
  for (const [from, name] of names) {
    if (!keys.has(from)) continue;
    try {
      const settings = settingsOf(inherited(config, from));
      const source = dry && !vault.guessed ? undefined : await keyOf(vault, from);
      const [roleArn] = settings.roleArns;
      incoming.push({ from, name, roleArn, profile: source && { name, source, ...settings } });
    } catch (error) {
      if (error instanceof Failure && forAll.has(error.code)) throw error;
      const missing = error instanceof Failure && error.code === "not-found";
      if (!missing || asked.includes(from)) skipped.push(failedOne(from, error));
    }
  }
  const leftOut = vault.leftOut.filter(({ from }) => names.has(from));
  skipped.push(...leftOut.map((each) => ({
    ...each,
    failed: each.failed || asked.includes(each.from),
  })));
  return { incoming, skipped };
}

async function keyOf(vault: Vault, name: string): Promise<KeysSource> {
  return keyIn(await vault.open(name));
}

/** A profile's settings as in aws-vault: its own, then included ones, then the default's. */
export function inherited(config: Sections, name: string): Section {
  const settings = new Map<string, string>();
  const visited = new Set<string>();
  for (let at: string | undefined = name; at !== undefined && !visited.has(at);) {
    visited.add(at);
    const section: Section = config.get(at) ?? new Map();
    for (const [key, value] of section) if (!settings.has(key)) settings.set(key, value);
    at = section.get("include_profile") ?? section.get("parent_profile") ??
      (at === "default" ? undefined : "default");
  }
  return settings;
}
