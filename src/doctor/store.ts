import { Failure } from "../model/failure.ts";
import { listed } from "../model/listed.ts";
import { nameKey } from "../model/names.ts";
import type { Profile } from "../model/profile.ts";
import { decodeSource, factsOf } from "../sources/all_sources.ts";
import { checkStore, modeProblems } from "../store/check.ts";
import { findStoreHome } from "../store/files/home.ts";
import { readStoreFile } from "../store/store_file.ts";
import type { System } from "../system/system.ts";
import { accessFindings } from "./access_list.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";

const custodies: Readonly<Record<string, string>> = {
  env: "ATHM_KEY holds the key",
  keychain: "the system keychain holds the key",
  passphrase: "a passphrase holds the key",
  file: "the key is in store.json, for anyone who can read your files",
};

/** The store's folder, who may open it, what holds its key and, if it is unlocked, every file. */
export const storeCheck: Check = async (system) => {
  const home = findStoreHome(system);
  if (home === undefined) {
    return [warning("no place for a store: HOME is not set to an absolute path", "set ATHM_HOME")];
  }
  const open = modeProblems(system, home);
  if (open.length) {
    const fixes = open.map((problem) => /chmod go-rwx .*$/.exec(problem)?.[0]);
    return open.map((problem, at) => failed(problem.replace(/: chmod .*$/, ""), fixes[at]));
  }
  const file = readStoreFile(system, home);
  if (!file) return [ok(`no store yet (${home})`)];
  const holder = custodies[file.custody.kind] ?? file.custody.kind;
  // Side by side: each may start PowerShell, and a check may only take 3 s.
  const findings = [accessFindings(system, home), files(system, home, holder)];
  return (await Promise.all(findings)).flat();
};

async function files(system: System, home: string, holder: string): Promise<readonly Finding[]> {
  try {
    const { problems } = await checkStore(system, home, decodeSource, { waits: false });
    const findings = problems.map((text) => failed(text, "athm store verify"));
    return findings.length ? findings : [ok(`${home}; ${holder}`)];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code !== "needs-person") throw error;
    return [warning(`${home}; ${holder} and is locked: files not checked`, unlocking)];
  }
}

// Not every PowerShell has &&.
const unlocking = "athm store unlock; athm doctor";

/** The profiles, as far as they can be read without a prompt. */
export const profilesCheck: Check = async (system, shared) => {
  const { profiles, damaged, locked } = await shared.profiles();
  if (locked) return [warning("cannot be read: the store is locked or unreadable")];
  const broken = damaged.map(({ message, hint }) => failed(message, hint));
  const names = new Set(profiles.map(({ name }) => name.toLowerCase()));
  const based = Map.groupBy(profiles, ({ source }) => factsOf(source).base);
  const idle = [...based].flatMap(([base, group]) => {
    if (base === undefined || names.has(base.toLowerCase())) return [];
    const who = listed(group.map(({ name }) => name));
    const what = group.length === 1 ? `uses ${base} as its source` : `use ${base} as their source`;
    return [failed(`${who} ${what}, which does not exist`, `athm aws add ${base}`)];
  });
  if (broken.length || idle.length) return [...broken, ...idle];
  if (!profiles.length) return [warning("no profiles yet", "athm aws add NAME")];
  const findings = [...unprotected(system, profiles), ...unconfirmedBases(profiles)];
  return findings.length
    ? findings
    : [ok(`${profiles.length}: ${listed(profiles.map(({ name }) => name))}`)];
};

/** Confirmed profiles in a store that any program of the person can decrypt. */
function unprotected(system: System, profiles: readonly Profile[]): readonly Finding[] {
  const names = profiles.flatMap(({ name, confirm }) => confirm === undefined ? [] : [name]);
  const home = names.length ? findStoreHome(system) : undefined;
  const file = home === undefined ? undefined : readStoreFile(system, home);
  if (file?.custody.kind !== "file") return [];
  const asks = names.length === 1 ? "asks" : "ask";
  return [
    warning(
      `${
        listed(names)
      } ${asks} before each use, but every program of yours can read the store's key`,
      "athm store custody keychain",
    ),
  ];
}

/** Anyone who can use a base profile can assume the roles based on it. */
function unconfirmedBases(profiles: readonly Profile[]): readonly Finding[] {
  const byName = new Map(profiles.map((each) => [nameKey(each.name), each]));
  const baseOf = ({ source }: Profile) => byName.get(nameKey(factsOf(source).base ?? ""));
  return profiles.flatMap((each) => {
    let base = each.confirm === undefined ? undefined : baseOf(each);
    const first = base;
    for (const seen = new Set<Profile>(); base && !seen.has(base); base = baseOf(base)) {
      if (base.confirm !== undefined) return [];
      seen.add(base);
    }
    return first
      ? [
        warning(
          `${each.name} asks before each use, but ${first.name}, which it is based on, does not`,
          `athm aws set ${first.name} --confirm`,
        ),
      ]
      : [];
  });
}
