import type { Narrowing } from "../../model/credentials.ts";
import { Failure } from "../../model/failure.ts";
import { defined, isJsonObject } from "../../model/fields.ts";
import { nameKey } from "../../model/names.ts";
import type {
  Inherited,
  NetworkSettings,
  Profile,
  ResolvedProfile,
  Source,
} from "../../model/profile.ts";
import { Secret } from "../../model/secret.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import type { Store } from "../../store/store.ts";
import type { System } from "../../system/system.ts";

/** What a session depends on besides its profile's settings. */
export interface Origin {
  readonly base?: string;
  /** Network settings from base profiles, if any. */
  readonly inherited?: NetworkSettings;
  /** Environment settings that decide which credentials a source returns. */
  readonly identity?: Readonly<Record<string, string | undefined>> | undefined;
  /** What a narrower session is restricted to. */
  readonly narrowing?: Narrowing | undefined;
}

/**
 * Identifies everything that affects a session: a session with another fingerprint was made with
 * other settings and is not used. Names are left out, so that sessions survive `mv`, and so are
 * `confirm` and the file that a profile came from; a base profile counts by its own fingerprint.
 * Settings that a source declares irrelevant are left out too.
 */
export async function fingerprint(
  profile: Profile,
  { narrowing, ...origin }: Origin,
): Promise<string> {
  // The name of a policy decides nothing: its text does.
  const restricted = narrowing && { narrowing: { ...narrowing, named: undefined } };
  const source = decidingOf(profile.source);
  return await digest([source, settingsOf(profile), { ...origin, ...restricted }]);
}

function settingsOf(profile: ResolvedProfile): object {
  const { name: _, confirm: __, origin: ___, source: ____, ...settings } = profile;
  const { inherited: _____, confirmFrom: ______, ...own } = settings;
  return own;
}

function decidingOf(source: Source): object {
  return factsOf(source).deciding ?? source;
}

/** A profile as it signs in, and the fingerprint of its session, including every base profile. */
export interface Resolved {
  readonly profile: ResolvedProfile;
  readonly mark: string;
  /** The fingerprint of the full session, which a person's yes is for. */
  readonly full: string;
  /** What else decides the session besides the settings and the base profile. */
  readonly origin: Pick<Origin, "inherited" | "identity">;
  readonly base?: Resolved;
}

/**
 * True if `now` is what a person allowed as `allowed`: the same settings, or those with what a
 * sign-in added since, such as the role that the person chose then.
 */
export function isSameUse(allowed: Resolved, now: Resolved): boolean {
  if (allowed.full === now.full) return true;
  const [before, after] = [allowed, now].map(({ profile: { source } }) => decidingOf(source));
  const open = (factsOf(now.profile.source).learned ?? [])
    .filter((name) => (before as Readonly<Record<string, unknown>>)[name] === undefined);
  const ignored = Object.fromEntries(open.map((name) => [name, undefined]));
  const rest = ({ profile, origin }: Resolved, deciding: object | undefined) =>
    canonical([{ ...deciding, ...ignored }, settingsOf(profile), origin]);
  if (rest(allowed, before) !== rest(now, after)) return false;
  const [below, base] = [allowed.base, now.base];
  return below && base ? isSameUse(below, base) : below === base;
}

/**
 * @param above the profiles based on it that are being signed in to
 * @param narrowing for the fingerprint of a narrower session
 * @throws {Failure} `source` if the chain is broken or a cycle
 */
export async function resolved(
  system: System,
  store: Store,
  profile: Profile,
  above: readonly string[] = [],
  narrowing?: Narrowing,
): Promise<Resolved> {
  const { source, name } = profile;
  const { base: from } = factsOf(source);
  if (from === undefined) {
    const identity = sourceOf(source).identity?.(source, system);
    return { profile, origin: { identity }, ...await marksOf(profile, { identity }, narrowing) };
  }
  const chain = [...above, name];
  if (chain.some((each) => nameKey(each) === nameKey(from))) {
    throw new Failure(
      "source",
      `profiles form a cycle: ${[...chain, from].join(" → ")}`,
      `change the source of one of them with athm aws add ${name} --force`,
    );
  }
  const found = await store.profile(from);
  if (!found) throw standsOnNothing(name, from);
  const base = await resolved(system, store, found, chain);
  const { whole, taken } = inheriting(profile, base.profile);
  const origin = defined({ inherited: taken });
  const marks = await marksOf(profile, { ...origin, base: base.full }, narrowing);
  return { profile: whole, base, origin, ...marks };
}

async function marksOf(profile: Profile, origin: Origin, narrowing: Narrowing | undefined) {
  const full = await fingerprint(profile, origin);
  const mark = narrowing ? await fingerprint(profile, { ...origin, narrowing }) : full;
  return { mark, full };
}

interface Heir {
  readonly name: string;
  readonly network: NetworkSettings;
  readonly inherited?: Inherited;
  readonly confirm?: number;
  readonly confirmFrom?: string;
}

/** With what it takes from its base profile, if anything. */
export function inheriting<T extends Heir>(
  own: T,
  base: Heir,
): { readonly whole: T; readonly taken?: NetworkSettings } {
  const asking = confirmedBy(own, base);
  const taken = inheritedBy(own.network, base.network);
  const settings = Object.keys(taken) as (keyof NetworkSettings)[];
  if (!settings.length) return { whole: asking ? { ...own, ...asking } : own };
  const inherited: Inherited = Object.fromEntries(
    settings.map((each) => [each, base.inherited?.[each] ?? base.name]),
  );
  const network = { ...taken, ...own.network };
  return { whole: { ...own, network, inherited, ...asking }, taken };
}

/** The base profile's session may not be used without asking by another name. */
function confirmedBy(
  own: Heir,
  base: Heir,
): Pick<Heir, "confirm" | "confirmFrom"> | undefined {
  const { confirm, confirmFrom = base.name } = base;
  if (confirm === undefined || (own.confirm ?? Infinity) <= confirm) return undefined;
  return { confirm, confirmFrom };
}

/** The base profile's settings that the profile does not set itself. */
function inheritedBy(own: NetworkSettings, base: NetworkSettings): NetworkSettings {
  const { endpointUrl, fips, dualstack, ...rest } = base;
  // A URL already determines FIPS and dual-stack, so they exclude each other.
  const place = own.endpointUrl !== undefined
    ? {}
    : own.fips || own.dualstack
    ? { fips, dualstack }
    : { endpointUrl, fips, dualstack };
  const taken = Object.entries({ ...rest, ...place }).filter(([name, value]) =>
    value !== undefined && own[name as keyof NetworkSettings] === undefined
  );
  return Object.fromEntries(taken);
}

export function standsOnNothing(name: string, from: string): Failure {
  const what = `${name} uses the profile ${
    JSON.stringify(from)
  } as its source, which does not exist`;
  return new Failure("source", what, `run athm aws add ${from} to create it`);
}

export async function digest(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(canonical(value));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** JSON with sorted keys and without absent fields. */
export function canonical(value: unknown): string {
  if (value instanceof Secret) return JSON.stringify(value.reveal());
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isJsonObject(value)) {
    const members = Object.entries(defined(value))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}
