import { Failure, onFailure } from "../model/failure.ts";
import type { NetworkSettings, Profile } from "../model/profile.ts";
import { issuerOf } from "../session/issuer.ts";
import { outlineOf } from "../session/outlines.ts";
import { endpointOf } from "../session/sign_in/network.ts";
import { resolved } from "../session/sign_in/fingerprint.ts";
import { openStore, profilesIn, type Store } from "../session/stores.ts";
import { findStoreHome } from "../store/files/home.ts";
import type { System } from "../system/system.ts";
import { unattended } from "../system/unattended.ts";
import {
  type Check,
  failed,
  type Finding,
  type Findings,
  type KnownProfiles,
  type Probe,
} from "./check.ts";
import { trustedPem } from "../system/trusted_pem.ts";

/** Milliseconds per check. */
export const patience = 3000;

export interface CheckResult extends Finding {
  readonly check: string;
}

/** Runs all checks at once, each for at most 3 s, in the table's order. */
export async function examine(
  world: System,
  table: readonly { readonly name: string; readonly check: Check }[],
): Promise<readonly CheckResult[]> {
  const system = unattended(world);
  const late = new AbortController();
  const shared = sharedFindings(system, late.signal);
  const timer = new AbortController();
  const over = system.sleep(patience, timer.signal).then(() => true, () => false);
  const found = await Promise.all(table.map(async ({ name, check }) => {
    const looking = within(over, check, system, shared);
    return (await looking).map((finding) => ({ check: name, ...finding }));
  }));
  timer.abort();
  late.abort();
  return found.flat();
}

async function within(
  over: Promise<boolean>,
  check: Check,
  system: System,
  shared: Findings,
): Promise<readonly Finding[]> {
  const looking = Promise.try(check, system, shared).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    return [failedBy(error)];
  });
  const isLate = over.then((late) =>
    late ? [failed(`timed out after ${patience / 1000} s`)] : looking
  );
  return await Promise.race([looking, isLate]);
}

/** A failure as a finding; its hint is a fix if it is a command. */
export function failedBy({ message, hint }: Failure): Finding {
  return failed(message, hint);
}

function sharedFindings(system: System, signal: AbortSignal): Findings {
  let known: Promise<KnownProfiles> | undefined;
  const probes = new Map<string, Promise<Probe>>();
  return {
    profiles: () => known ??= knownProfiles(system),
    probe: async (profile) => {
      const { url } = profile
        ? issuerOf(system, outlineOf(profile)).endpoint
        : endpointOf(system, { network: {}, roleArns: [] });
      const network = profile?.network ?? {};
      const key = JSON.stringify([url, network.caBundle]);
      const asked = probes.get(key) ?? probe(system, url, network, signal);
      probes.set(key, asked);
      return await asked;
    },
  };
}

async function knownProfiles(system: System): Promise<KnownProfiles> {
  if (findStoreHome(system) === undefined) return { profiles: [], damaged: [] };
  try {
    const store = await openStore(system);
    const listed = await store?.profiles() ?? [];
    return {
      profiles: store
        ? await Promise.all(profilesIn(listed).map((each) => wholeOf(system, store, each)))
        : [],
      damaged: listed.flatMap((each) => "damaged" in each ? [each.damaged] : []),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { profiles: [], damaged: [], locked: error };
  }
}

/** With its inherited settings, or as stored if its chain is broken: a sign-in reports that. */
async function wholeOf(system: System, store: Store, profile: Profile): Promise<Profile> {
  return await resolved(system, store, profile).then((whole) => whole.profile, onFailure(profile));
}

/** Any response shows that the host is reachable and its time. */
async function probe(
  system: System,
  url: string,
  network: NetworkSettings,
  signal: AbortSignal,
): Promise<Probe> {
  try {
    using http = await system.http(url, trustedPem(system, { network }));
    const sent = system.now();
    const { status, headers } = await http.send({
      method: "GET",
      url: `${url}/`,
      headers: {},
      signal,
    });
    return { url, answer: { status, headers }, sent, received: system.now() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { url, failure: error };
  }
}
