import { Failure } from "../../model/failure.ts";
import type { Profile } from "../../model/profile.ts";
import type { Command } from "../../line/command.ts";
import { profileNamed } from "../../session/keep.ts";
import { signOut } from "../../session/sign_out.ts";
import type { Store } from "../../session/stores.ts";
import { factsOf, sourceOf } from "../../sources/all_sources.ts";
import { nameAndStore } from "../profile/default_name.ts";
import { handedOut, signOutOfPortal } from "../profile/signing_out.ts";
import { warn } from "../profile/warnings.ts";
import { trustedPem } from "../../system/trusted_pem.ts";

/** `athm aws logout NAME`: forgets a profile's sign-in, with every session that came from it. */
export const command: Command = {
  count: [0, 1],
  options: [],
  examples: ["athm aws logout example"],
  work: async (line, system) => {
    const { name, store } = await nameAndStore(line, system);
    const profile = await rootOf(store, await profileNamed(store, name), []);
    const { source, network } = profile;
    const signIn = await factsOf(source).signIn?.(network);
    if (signIn?.title === undefined) throw noSignIn(name, profile);
    const tokens = signIn.shelf === "portals"
      ? await store.shared.portals.find(signIn.name)
      : undefined;
    if (tokens) {
      const troubles = await signOutOfPortal(system, store, tokens, trustedPem(system, profile));
      system.say(handedOut);
      return warn(system, troubles);
    }
    const { was } = await signOut(system, store, signIn);
    if (!was) {
      system.say(`athm: ${name} is not signed in`);
      return 0;
    }
    await system.audit({ event: "logout", profile: profile.name });
    system.say(`athm: forgot ${signIn.title}`);
    system.say(handedOut);
    return 0;
  },
};

/** The profile whose source signs in. */
async function rootOf(store: Store, profile: Profile, above: readonly string[]): Promise<Profile> {
  const { base } = factsOf(profile.source);
  if (base === undefined || above.includes(base)) return profile;
  return await rootOf(store, await profileNamed(store, base), [...above, base]);
}

function noSignIn(name: string, { source }: Profile): Failure {
  return new Failure(
    "source",
    `${name} has no sign-in to end: its source is ${sourceOf(source).kind}`,
    `run athm aws rm ${name} to remove the profile`,
  );
}
