import { nameKey } from "../../../model/names.ts";
import type { Profile } from "../../../model/profile.ts";
import type { Roster } from "../../../migration/plan.ts";
import type { TeamValues } from "../../../migration/team/print.ts";
import { canonical, digest } from "../../../session/sign_in/fingerprint.ts";
import { factsOf, sourceOf } from "../../../sources/all_sources.ts";
import { withLearned } from "../../../sources/team_fields.ts";
import { fieldsOf } from "./profiles.ts";

/** A profile of the file, compared with the store's. */
export interface TeamChange {
  readonly profile: Profile;
  readonly fields: TeamValues;
  /** `left`: not imported, for the reason `why`. */
  readonly state: "new" | "changed" | "same" | "left";
  readonly there?: Profile;
  readonly why?: string;
  /** The stored profile, marked with the key that signed now, if another one did before. */
  readonly moved?: Profile;
}

export interface Series {
  /** What newly imported profiles are marked with. */
  readonly own: string;
  /** All series whose profiles the file may change: one of each key that may sign it. */
  readonly all: readonly string[];
  /** All series whose serial numbers hold for the file: also that of its URL. */
  readonly held: readonly string[];
}

/** @param profiles each after its base */
export async function compared(
  profiles: readonly Profile[],
  roster: Roster,
  series: Series,
  force: boolean,
): Promise<readonly TeamChange[]> {
  const coming = new Set<string>();
  const result: TeamChange[] = [];
  for (const profile of profiles) {
    const one = await comparedOne(profile, roster, series, force);
    const { base } = factsOf(profile.source);
    const isLost = base !== undefined && !coming.has(nameKey(base)) && !roster.has(nameKey(base));
    if (one.state === "new" && isLost) {
      const why = `it uses the profile ${JSON.stringify(base)}, which does not exist`;
      result.push({ ...one, state: "left", why });
      continue;
    }
    coming.add(nameKey(profile.name));
    result.push(one);
  }
  return result;
}

async function comparedOne(
  said: Profile,
  roster: Roster,
  series: Series,
  force: boolean,
): Promise<TeamChange> {
  const entry = (await digest(textOf(said))).slice(0, 32);
  const there = roster.get(nameKey(said.name));
  // A file may ask for confirmations, but not end those that a person asked for.
  const profile = there?.confirm === undefined ? said : { confirm: there.confirm, ...said };
  const marked = { ...profile, origin: { series: series.own, entry } };
  if (!there) return { profile: marked, fields: valuesOf(profile), state: "new" };
  const { origin } = there;
  const isOurs = origin !== undefined && series.all.includes(origin.series);
  const isSame = (isOurs && origin.entry === entry) || textOf(there) === textOf(profile);
  if (isSame) {
    const same = { profile: marked, fields: valuesOf(profile), state: "same", there } as const;
    return isOurs && origin.series !== series.own
      ? { ...same, moved: { ...there, origin: marked.origin } }
      : same;
  }
  const same = (a: unknown, b: unknown) => canonical(a) === canonical(b);
  const whole = { ...marked, source: withLearned(there.source, profile.source, same) };
  const both = { profile: whole, fields: valuesOf(whole), there };
  if (isOurs || force) return { ...both, state: "changed" };
  const why = origin
    ? "the profile of that name came from another file"
    : "the profile of that name did not come from this file, or was changed since";
  return { ...both, state: "left", why: `${why}; --force replaces it` };
}

function valuesOf(profile: Profile): TeamValues {
  const fields = fieldsOf(profile);
  return typeof fields === "string" ? new Map() : fields;
}

/** Without an own way to write it, as for a key, it differs from every profile of a file. */
function textOf(profile: Profile): string {
  const fields = fieldsOf(profile);
  return typeof fields === "string" ? "" : canonical(Object.fromEntries(fields));
}

/**
 * Profiles whose names begin with the prefix, and that the file contained when they were imported and
 * no longer does. The prefix is not kept with a profile, so copies with a longer prefix count too.
 */
export function gone(
  compared: readonly TeamChange[],
  roster: Roster,
  series: Series,
  prefix: string,
): readonly string[] {
  const names = new Set(compared.map(({ profile }) => nameKey(profile.name)));
  return [...roster.values()].filter(({ name, origin }) =>
    origin && series.all.includes(origin.series) && nameKey(name).startsWith(nameKey(prefix)) &&
    !names.has(nameKey(name))
  ).map(({ name }) => name);
}

/** One line for each profile that is not the same, and where new settings send sign-ins. */
export function differenceLines(
  all: readonly TeamChange[],
  missing: readonly string[],
): readonly string[] {
  const changing = all.filter(({ state }) => state === "new" || state === "changed");
  const same = all.filter(({ state }) => state === "same").length;
  return [
    ...all.flatMap((each) => {
      const { profile: { name }, state, why } = each;
      if (state === "same") return [];
      if (state === "left") return [`skipped    ${name}: ${why}`];
      return [
        `${state.padEnd(9)}  ${name}: ${state === "new" ? settings(each.fields) : changes(each)}`,
      ];
    }),
    ...same ? [`unchanged  ${same} ${same === 1 ? "profile" : "profiles"}`] : [],
    ...missing.map((name) => `kept       ${name}: no longer in the file`),
    ...destinations(changing),
  ];
}

function settings(fields: TeamValues): string {
  return [...fields].map(([field, values]) => `${field} ${shown(values)}`).join(", ");
}

function changes({ fields, there }: TeamChange): string {
  const before = there && fieldsOf(there);
  if (typeof before !== "object") {
    const kind = there ? sourceOf(there.source).kind : "";
    return `replaces a profile with the source ${kind}; ${settings(fields)}`;
  }
  const names = new Set([...before.keys(), ...fields.keys()]);
  return [...names].flatMap((field) => {
    const [old, now] = [before.get(field), fields.get(field)].map((each) =>
      each ? shown(each) : "(none)"
    );
    return old === now ? [] : [`${field} ${old} → ${now}`];
  }).join(", ");
}

/** Fields whose address receives a password, a code or credentials. */
const receiving = [
  "saml-url",
  "sso-start-url",
  "sso-endpoint-url",
  "sso-oidc-endpoint-url",
  "aws-login-endpoint-url",
  "endpoint-url",
];

function destinations(changing: readonly TeamChange[]): readonly string[] {
  const places = new Map<string, number>();
  for (const { fields } of changing) {
    for (const field of receiving) {
      for (const url of fields.get(field) ?? []) {
        const place = `${new URL(url).origin}: ${field}`;
        places.set(place, (places.get(place) ?? 0) + 1);
      }
    }
  }
  return [...places].map(([place, count]) =>
    `address    ${place} of ${count} ${count === 1 ? "profile" : "profiles"}`
  );
}

/** A list is in brackets, and text that could be mistaken for more than one value is quoted. */
function shown(values: readonly string[]): string {
  const one = (text: string) => /^[A-Za-z0-9_.:/@=+*-]+$/.test(text) ? text : JSON.stringify(text);
  const texts = values.map(one);
  return texts.length === 1 ? texts[0]! : `[${texts.join(" ")}]`;
}
