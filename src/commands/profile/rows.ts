import {
  isFresh,
  narrowingWords,
  rfc3339,
  type Session,
  timeLeft,
} from "../../model/credentials.ts";
import { formatDuration, formatTimeLeft } from "../../model/duration.ts";
import { Failure, valueOr } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import type { Outline } from "../../model/outline.ts";
import type { Profile, ResolvedProfile } from "../../model/profile.ts";
import type { NarrowedSession } from "../../model/proofs.ts";
import { colorOf } from "../../screen/color.ts";
import { type Column, tableText } from "../../screen/columns.ts";
import { issuerOf } from "../../session/issuer.ts";
import { resolved } from "../../session/sign_in/fingerprint.ts";
import { partitionBy } from "../../session/sign_in/roles.ts";
import { type Outlined, outlineOf, wholeOutline } from "../../session/outlines.ts";
import { shownIdentity } from "../../session/shown_identity.ts";
import { readingOnce, type Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { collect } from "./warnings.ts";

export interface ProfileRow {
  readonly name: string;
  readonly source: string;
  readonly account: string | null;
  readonly role: string | null;
  readonly endpoint: string | null;
  /** RFC 3339; null without a session. */
  readonly expires: string | null;
  readonly left: number | null;
  /** Seconds that a yes lasts; null if athm does not ask. */
  readonly confirm: number | null;
  /** Unexpired narrower sessions. */
  readonly narrowed: readonly NarrowedRow[];
}

export interface NarrowedRow {
  readonly to: string;
  readonly expires: string;
}

interface Kept {
  readonly session: Session | undefined;
  /** Unexpired narrower sessions that the profile's settings still give. */
  readonly narrowed: readonly NarrowedSession[];
}

export interface Found extends Kept {
  readonly profile: ResolvedProfile;
}

/** What a row shows. */
export interface FoundOutline extends Kept {
  readonly outline: Outline;
}

/**
 * All that can be read. Reads profiles and sessions only where there are sessions, or where a base
 * profile cannot be found.
 */
export async function foundIn(
  system: System,
  store: Store,
  listed: readonly Outlined[],
  troubles: Failure[],
): Promise<readonly FoundOutline[]> {
  const once = readingOnce(store);
  const all = new Map(listed.map(({ outline }) => [nameKey(outline.name), outline]));
  return await Promise.all(listed.map(async ({ outline, hasKept }) => {
    const whole = wholeOutline(outline, all);
    if (whole && !hasKept) return { outline: whole, session: undefined, narrowed: [] };
    const profile = await once.profile(outline.name).catch(collect(troubles));
    if (!profile) return { outline, session: undefined, narrowed: [] };
    const { profile: found, ...kept } = await foundOf(system, once, profile, troubles);
    return { outline: outlineOf(found), ...kept };
  }));
}

/** A profile with its inherited settings and its kept session, as far as they can be read. */
export async function foundOf(
  system: System,
  store: Store,
  profile: Profile,
  troubles: Failure[],
): Promise<Found> {
  const whole = await resolved(system, store, profile).catch(collect(troubles));
  const session = whole &&
    await store.session(profile.name, whole.mark).catch(collect(troubles));
  const narrowed = whole ? await narrowedOf(system, store, profile).catch(collect(troubles)) : [];
  return { profile: whole?.profile ?? profile, session, narrowed: narrowed ?? [] };
}

async function narrowedOf(
  system: System,
  store: Store,
  profile: Profile,
): Promise<readonly NarrowedSession[]> {
  const alive = (await store.narrowed(profile.name))
    .filter(({ session }) => isFresh(session, system.now(), 0));
  const fits = await Promise.all(
    alive.map(async ({ narrowing, fingerprint }) =>
      (await resolved(system, store, profile, [], narrowing)).mark === fingerprint
    ),
  );
  return alive.filter((_, at) => fits[at]);
}

/** Many profiles have the same endpoint: it is found once. */
export function rowsOf(system: System, found: readonly FoundOutline[]): readonly ProfileRow[] {
  const hosts = new Map<string, string | null>();
  const hostOnce = (outline: Outline) => {
    const { roleArns, network, inherited, facts } = outline;
    const partition = valueOr(() => partitionBy(roleArns, facts), null);
    const key = JSON.stringify([!roleArns.length && facts.portal, partition, network, inherited]);
    if (!hosts.has(key)) hosts.set(key, hostOf(system, outline));
    return hosts.get(key) ?? null;
  };
  return found.map((each) => rowOf(system, each, hostOnce));
}

function rowOf(
  system: System,
  { outline, session, narrowed }: FoundOutline,
  hostOf: (outline: Outline) => string | null,
): ProfileRow {
  const { name, kind, confirm = null, facts: { base } } = outline;
  return {
    name,
    source: base === undefined ? kind : `from ${base}`,
    ...shownIdentity(outline, session),
    endpoint: hostOf(outline),
    expires: session ? rfc3339(session.expires) : null,
    left: session ? timeLeft(session, system.now()) : null,
    confirm,
    narrowed: narrowed.map(({ narrowing, session: { expires } }) => ({
      to: narrowingWords(narrowing),
      expires: rfc3339(expires),
    })),
  };
}

/** A region in the environment that does not fit the profile must not break `ls`. */
function hostOf(system: System, outline: Outline): string | null {
  return valueOr(() => new URL(issuerOf(system, outline).endpoint.url).host, null);
}

/** Columns, with the minimum width of those that shrink. */
export const columns: readonly Column[] = [
  { title: "NAME", least: 12 },
  { title: "SOURCE", least: 8, leaves: 2 },
  { title: "ACCOUNT", leaves: 3 },
  { title: "ROLE", least: 8, leaves: 4 },
  { title: "ENDPOINT", least: 12, leaves: 1 },
  { title: "EXPIRES" },
];

export function cellsOf(
  { name, source, account, role, endpoint, left }: ProfileRow,
): readonly string[] {
  const expires = left === null ? "-" : formatTimeLeft(left);
  return [name, source, account ?? "-", role ?? "-", endpoint ?? "-", expires];
}

/** Shown before the last column if any profile has something there. */
const rarer: readonly { readonly column: Column; readonly cell: (row: ProfileRow) => string }[] = [
  {
    column: { title: "NARROWED TO", least: 8, leaves: 5 },
    cell: ({ narrowed }) => narrowed.map(({ to }) => to).join("; "),
  },
  {
    column: { title: "CONFIRM", leaves: 6 },
    cell: ({ confirm }) => confirm === null ? "" : formatDuration(confirm),
  },
];

/** Columns that fit `width`, colored by remaining time; without a width, tab-separated fields. */
export function profileTable(
  system: System,
  rows: readonly ProfileRow[],
  width: number | undefined,
): string {
  const colors = !system.env.get("NO_COLOR");
  const more = rarer.filter(({ cell }) => rows.some((row) => cell(row) !== ""));
  const shown = columns.toSpliced(-1, 0, ...more.map(({ column }) => column));
  const cells = rows.map((row) =>
    cellsOf(row).toSpliced(-1, 0, ...more.map(({ cell }) => cell(row) || "-"))
  );
  return tableText(shown, cells, width, (row) => {
    const left = rows[row]?.left ?? undefined;
    return colors && left !== undefined ? colorOf(left) : undefined;
  });
}

export function sayProfile(
  system: System,
  { profile, session }: Pick<Found, "profile" | "session">,
): void {
  const { terminal } = system;
  const rows = rowsOf(system, [{ outline: outlineOf(profile), session, narrowed: [] }]);
  const width = terminal.stderrIsTerminal ? terminal.size()?.columns ?? 80 : undefined;
  system.say(profileTable(system, rows, width).trimEnd());
}
