import { usage } from "../../model/failure.ts";
import { parseName } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Line, Option } from "../../line/command.ts";
import { noProfile, type ProfileSession, sessionOf } from "../../session/keep.ts";
import type { Renewal } from "../../session/renewal/keeper.ts";
import { reopening } from "../../session/renewal/reopening.ts";
import { chosenSource, sourceOptions } from "../../sources/all_sources.ts";
import { openStore } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { mfaCodeOf, mfaCodeOption, minTtlOf, networkOptions, roleOptions } from "./options.ts";

/**
 * `--region`, for the programs that are run.
 *
 * @throws {Failure} `usage` when there is no such region.
 */
export async function childRegion({ values }: Line): Promise<string | undefined> {
  const region = values.text("region");
  if (region === undefined) return undefined;
  const { regionPartition } = await import("../../model/partitions.ts");
  regionPartition(region);
  return region;
}

/** What a profile is made of; with these instead of a NAME nothing is kept. */
const makings: readonly Option[] = [
  ...sourceOptions,
  ...roleOptions,
  ...networkOptions.filter(({ name }) => name !== "region"),
];

/** Options of the commands that hand credentials on, with a NAME or without one. */
export const obtainOptions: readonly Option[] = [
  { name: "rotate", help: "force a new session first; exec without a command stops there" },
  { name: "min-ttl", value: "TIME", help: "renew if less time remains (default 5m)" },
  mfaCodeOption,
  { name: "region", value: "R", help: "AWS_REGION for the program" },
  ...makings.map((option) => ({ ...option, group: `Without a NAME: ${option.group}` })),
];

/** A session, and how to have it renewed while somebody uses it. */
export interface RenewableSession extends ProfileSession {
  /** The profile's name; absent for a session that is stored nowhere. */
  readonly name?: string;
  /** Loaded when it is needed: most commands end before. */
  readonly renewal: () => Promise<Renewal>;
  /** To be called when nobody renews any more. */
  readonly end: () => void;
}

/**
 * The session that a line asks for: of the stored profile NAME, or of the source and the roles that
 * its options give, which is kept nowhere.
 *
 * @param offer whether a person who gave neither may choose a profile
 * @param renews whether the caller uses `renewal` of a session that is kept nowhere, and calls `end`
 * @throws {Failure} `usage` when it names neither or both, and all that signing in can meet.
 */
export async function obtain(
  line: Line,
  system: System,
  { offer = true, renews = false }: { readonly offer?: boolean; readonly renews?: boolean } = {},
): Promise<RenewableSession> {
  const { operands: [given], values } = line;
  const minTtl = minTtlOf(values);
  const code = mfaCodeOf(values);
  const kind = chosenSource(values);
  if (given === undefined && kind) {
    // A kept session needs neither, so they are loaded here.
    const { obtainOnce } = await import("../../session/once.ts");
    kind.check?.(values);
    const { networkSettings, roleSettings } = await import("./settings.ts");
    const profile: Profile = {
      name: kind.kind,
      ...roleSettings(values, system, kind),
      network: networkSettings(values, system),
      source: await kind.settle(values, system),
    };
    const open = () => openStore(system);
    // What a person did once need not be done again while this process runs.
    const { pendingProofs } = await import("../../session/sign_in/proofs.ts");
    const proofs = pendingProofs();
    const { browserTraces } = await import("../../session/sign_in/browser_traces.ts");
    const end = await browserTraces(system, profile);
    const signingIn = obtainOnce(system, profile, open, { proofs, mfaCode: code.mfaCode });
    const session = await signingIn.catch((error) => {
      end();
      throw error;
    });
    // A renewal needs what the browser remembers.
    if (!renews) end();
    return {
      profile,
      session,
      renewal: async () =>
        (await import("../../session/renewal/renewal.ts")).onceRenewal(
          system,
          profile,
          open,
          proofs,
        ),
      end,
    };
  }
  const name = given ?? await missingName(line, system, offer);
  parseName(name);
  const strange = makings.find((option) => values.has(option.name));
  if (strange) {
    throw usage(
      `--${strange.name} is not allowed with the stored profile ${name}`,
      `athm aws add ${name} --force --${strange.name} … changes the profile; put the command to run after --`,
    );
  }
  const store = await openStore(system);
  if (!store) throw noProfile(name, []);
  const after = values.has("rotate") ? { after: system.now() } : {};
  const withStore = reopening(() => openStore(system), store);
  const kept = await withStore((each) =>
    sessionOf(system, each, name, { ...minTtl, ...code, ...after })
  );
  const renewal = async () => {
    const { lasting, storedRenewal } = await import("../../session/renewal/renewal.ts");
    return storedRenewal(system, lasting(system, store), name);
  };
  return { ...kept, name: kept.profile.name, renewal, end: () => {} };
}

/** The NAME that was not given, from the person where that may be. */
async function missingName({ entry }: Line, system: System, offer: boolean): Promise<string> {
  const { chosenName, nameWanted } = await import("./choosing.ts");
  if (!offer) throw nameWanted(entry);
  return await chosenName(system, entry);
}
