import { Failure } from "../../model/failure.ts";
import { nameKey, parseName } from "../../model/names.ts";
import { registryKey } from "../../model/proofs.ts";
import type { Command } from "../../line/command.ts";
import { noProfile, profileNamed } from "../../session/keep.ts";
import { dependents } from "../../session/standing.ts";
import { openStore, profilesIn } from "../../session/stores.ts";
import { factsOf } from "../../sources/all_sources.ts";

export const command: Command = {
  count: [2, 2],
  options: [],
  work: async ({ operands: [from = "", to = ""] }, system) => {
    parseName(from);
    parseName(to);
    const store = await openStore(system);
    if (!store) throw noProfile(from, []);
    return await store.change(async () => {
      const profile = await profileNamed(store, from);
      const taken = nameKey(from) !== nameKey(to) && await store.profile(to);
      if (taken) {
        throw new Failure(
          "exists",
          `profile ${JSON.stringify(taken.name)} already exists`,
          `athm aws rm ${taken.name} removes it`,
        );
      }
      const also = dependents(profilesIn(await store.profiles()), from).map((each) => ({
        ...each,
        source: factsOf(each.source).onBase?.(to) ?? each.source,
      }));
      await store.renameProfile(profile.name, to, also);
      for (const each of await store.shared.registries.all()) {
        if (nameKey(each.profile) !== nameKey(from)) continue;
        await store.shared.registries.save(registryKey(each.registry), { ...each, profile: to });
      }
      await system.audit({ event: "mv", profile: profile.name, to });
      system.say(`athm: ${profile.name} is now ${to}`);
      for (const { name } of also) system.say(`athm: ${name} now uses ${to} as its source`);
      return 0;
    });
  },
};
