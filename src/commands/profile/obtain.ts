import {
  goodUntil,
  isReadOnly,
  type Narrowing,
  narrowingWords,
  type Session,
} from "../../model/credentials.ts";
import { Failure, usage } from "../../model/failure.ts";
import { parseName } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Line, Option } from "../../line/command.ts";
import type { Values } from "../../line/values.ts";
import { noProfile, type ProfileSession, sessionOf } from "../../session/keep.ts";
import type { Renewal } from "../../session/renewal/keeper.ts";
import { chosenSource, sourceOptions } from "../../sources/all_sources.ts";
import { openedOnce, openStore } from "../../session/stores.ts";
import type { Deed } from "../../session/use.ts";
import type { System } from "../../system/system.ts";
import type { Defaulting, DefaultName } from "./default_name.ts";
import {
  mfaCodeOf,
  mfaCodeOption,
  minTtlOf,
  narrowingOf,
  narrowingOptions,
  networkOptions,
  roleOptions,
} from "./options.ts";

export async function childRegion({ values }: Line): Promise<string | undefined> {
  const region = values.text("region");
  if (region === undefined) return undefined;
  const { regionPartition } = await import("../../model/partitions.ts");
  regionPartition(region);
  return region;
}

const narrowing = new Set(narrowingOptions.map(({ name }) => name));

/** Options that define a profile; with these instead of a NAME nothing is stored. */
const makings: readonly Option[] = [
  ...sourceOptions,
  ...roleOptions,
  ...networkOptions.filter(({ name }) => name !== "region"),
].filter(({ name }) => !narrowing.has(name));

/** Names of the options of sessions that are not stored. */
export const makingNames: readonly string[] = makings.map(({ name }) => name);

/** Options of commands that hand out a stored profile's credentials. */
export const storedOptions: readonly Option[] = [
  { name: "rotate", help: "force a new session first; exec without a command stops there" },
  { name: "min-ttl", value: "TIME", help: "renew if less time remains (default 5m)" },
  mfaCodeOption,
  { name: "region", value: "R", help: "AWS_REGION for the program" },
  ...narrowingOptions,
];

/** The same, with or without a NAME. */
export const obtainOptions: readonly Option[] = [
  ...storedOptions,
  ...makings.map((option) => ({ ...option, group: `Without a NAME: ${option.group}` })),
];

/** A session, and how to renew it while it is in use. */
export interface RenewableSession extends ProfileSession {
  /** The profile's name; absent if nothing is stored. */
  readonly name?: string;
  /** Where the name comes from, in words, if it was neither typed nor chosen. */
  readonly from?: string | undefined;
  /** How the session is restricted, in words. */
  readonly narrowed?: string | undefined;
  /** Whether the restriction is that of the shell, which did not come with the command. */
  readonly inherited?: boolean;
  /** Loaded lazily: most commands never renew. */
  readonly renewal: () => Promise<Renewal>;
  /** Call it when no more renewals are needed. */
  readonly end: () => void;
}

/**
 * Of the stored profile NAME, or of the source and roles in the options, which is not stored.
 * @param offer whether to prompt for the profile
 * @param environment whether `ATHM_PROFILE` is the default
 * @param deed what a confirmed profile asks about
 * @param inherits whether a restriction by `athm use` holds, if there is no other
 * @param renews whether the caller uses `renewal` of an unstored session, and calls `end`
 * @throws {Failure} `usage` if neither or both are given, and any error of signing in
 */
export async function obtain(
  line: Line,
  system: System,
  { renews = false, deed = deedOf(line), ...defaulting }: Defaulting & {
    readonly renews?: boolean;
    readonly deed?: Deed;
  } = {},
): Promise<RenewableSession> {
  const { operands: [given], values } = line;
  const minTtl = minTtlOf(values);
  const code = mfaCodeOf(values);
  const kind = chosenSource(values);
  const once = openedOnce(system);
  const typed = await narrowingOf(values, system, once);
  if (given === undefined && kind) {
    // Load lazily: a kept session needs neither.
    const { obtainOnce } = await import("../../session/once.ts");
    kind.check?.(values);
    const { networkSettings, roleSettings } = await import("./settings.ts");
    const given = {
      name: kind.kind,
      ...roleSettings(withNamed(values, typed), system, kind),
      network: networkSettings(values, system),
    };
    // Keep sign-ins while this process runs, so that a person signs in once.
    const { pendingProofs } = await import("../../session/sign_in/proofs.ts");
    const proofs = pendingProofs();
    const { picked } = await import("../../session/picking.ts");
    const all = await picked(kind, values, system, { network: given.network, proofs });
    const profile: Profile = { ...given, source: await kind.settle(all, system) };
    const { guardUnnamed } = await import("./sharing.ts");
    const reads = typed !== undefined && isReadOnly(typed);
    await guardUnnamed(system, profile, once, { deed, reads });
    const open = () => openStore(system);
    const { browserTraces } = await import("../../session/sign_in/browser_traces.ts");
    const end = await browserTraces(system, profile);
    // Its role already has the other policies.
    const readOnly = typed?.readOnly ? { narrowing: typed } : {};
    const signingIn = obtainOnce(system, profile, open, {
      proofs,
      mfaCode: code.mfaCode,
      deed,
      ...readOnly,
    });
    const obtained = await signingIn.catch((error) => {
      end();
      throw error;
    });
    // Renewals need the browser profile.
    if (!renews) end();
    return {
      ...obtained,
      renewal: async () =>
        (await import("../../session/renewal/renewal.ts")).onceRenewal(
          system,
          { ...profile, source: obtained.profile.source },
          open,
          { proofs, agreed: obtained.agreed, ...readOnly },
        ),
      narrowed: typed && narrowingWords(typed),
      end,
    };
  }
  // Load lazily: a named profile needs no default.
  const named: DefaultName = given === undefined
    ? await (await import("./default_name.ts")).defaultName(system, line.entry, once, defaulting)
    : { name: given };
  const name = parseName(named.name);
  const inherited = typed || !defaulting.inherits ? undefined : named.restriction;
  const narrowing = inherited ? await narrowingOf(inherited, system, once) : typed;
  const strange = makings.find((option) => values.has(option.name));
  if (strange) {
    const isSource = sourceOptions.some((option) => option.name === strange.name);
    const way = isSource ? `add ${name} --force` : `set ${name}`;
    throw usage(
      `--${strange.name} is not allowed with the stored profile ${name}`,
      `athm aws ${way} --${strange.name} … changes the profile; put the command to run after --`,
    );
  }
  const store = await once();
  if (!store) throw noProfile(name, []);
  const after = values.has("rotate") ? { after: system.now() } : {};
  const kept = await sessionOf(system, store, name, {
    ...minTtl,
    ...code,
    ...after,
    narrowing,
    deed,
  });
  const renewal = async () => {
    const { lasting, storedRenewal } = await import("../../session/renewal/renewal.ts");
    const { agreed } = kept;
    return storedRenewal(system, lasting(system, store), name, { narrowing, agreed });
  };
  const { from } = named;
  const narrowed = narrowing && narrowingWords(narrowing);
  return {
    ...kept,
    name: kept.profile.name,
    from,
    narrowed,
    inherited: inherited !== undefined,
    renewal,
    end: () => {},
  };
}

/**
 * The session for a program that keeps it: SDKs ask at every call in its last 15 minutes, so renew
 * earlier if that needs no person, unless `--min-ttl` decides.
 */
export async function withGoodLife(
  { values }: Line,
  system: System,
  { name, session, renewal }: RenewableSession,
): Promise<Session> {
  const isDecided = values.has("min-ttl") || name === undefined;
  if (isDecided || system.now() < goodUntil(session)) return session;
  try {
    return await (await renewal()).renew(session.issued);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    system.trace("not renewed early", { code: error.code });
    return session;
  }
}

/** What this command line does, for the question of a confirmed profile. */
export function deedOf({ entry: { path }, operands, values, program }: Line): Deed {
  if (program.length) return { words: program, audited: program[0] ?? "" };
  const options = values.given.filter((name) => name !== mfaCodeOption.name).flatMap((name) =>
    values.all(name).flatMap((value) => value === "" ? [`--${name}`] : [`--${name}`, value])
  );
  return { words: ["athm", ...path, ...operands, ...options], audited: path.at(-1) ?? "" };
}

/** The text of a named policy instead of its name, which a profile does not keep. */
function withNamed(values: Values, narrowing: Narrowing | undefined): Values {
  const { named, policy } = narrowing ?? {};
  return named === undefined || policy === undefined ? values : values.with("policy", policy);
}
