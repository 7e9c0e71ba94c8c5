import { Failure } from "../../model/failure.ts";
import { nameKey, parseName } from "../../model/names.ts";
import { registryKey, type ServeClient } from "../../model/proofs.ts";
import { plain } from "../../model/shown_command.ts";
import type { Command } from "../../line/command.ts";
import { allowedNaming } from "../../session/folder.ts";
import { noProfile, profileNamed } from "../../session/keep.ts";
import { dependents } from "../../session/standing.ts";
import { openStore } from "../../session/stores.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { asCourtesy } from "../../store/files/writing.ts";
import { sameProfile } from "../../store/sealing/records.ts";
import { guardProfiles, profilesOf } from "../profile/guard.ts";

export const command: Command = {
  count: [2, 2],
  options: [],
  work: async (line, system) => {
    const { operands: [from = "", to = ""] } = line;
    parseName(from);
    parseName(to);
    const store = await openStore(system);
    if (!store) throw noProfile(from, []);
    const before = await profileNamed(store, from);
    const known = await profilesOf(store);
    // Those that are based on these keep their settings, their sessions and whether they ask.
    const rewritten = dependents(known, from);
    const changed = [before, ...rewritten];
    await guardProfiles(line, system, known, { changed: changed.map(({ name }) => name) });
    await store.change(async () => {
      const profile = await profileNamed(store, from);
      const now = [profile, ...dependents(await profilesOf(store), from)];
      if (
        now.length !== changed.length || !now.every((each, at) => sameProfile(each, changed[at]!))
      ) {
        throw new Failure(
          "exists",
          `another athm process just changed ${profile.name}, or what is based on it`,
          "run the command again",
        );
      }
      const taken = nameKey(from) !== nameKey(to) && await store.profile(to);
      if (taken) {
        throw new Failure(
          "exists",
          `profile ${JSON.stringify(taken.name)} already exists`,
          `athm aws rm ${taken.name} removes it`,
        );
      }
      const also = rewritten.map((each) => ({
        ...each,
        source: factsOf(each.source).onBase?.(to) ?? each.source,
      }));
      const registries = await store.shared.registries.all();
      const clients = (await store.clients.all()).filter((each) => isFor(each, from));
      await store.renameProfile(profile.name, to, also);
      for (const each of registries) {
        if (nameKey(each.profile) !== nameKey(from)) continue;
        await store.shared.registries.save(registryKey(each.registry), { ...each, profile: to });
      }
      for (const each of clients) await store.clients.save(each.tokenHash, renamed(each, from, to));
      await system.audit({ event: "mv", profile: profile.name, to });
      system.say(`athm: ${profile.name} is now ${to}`);
      for (const { name } of also) system.say(`athm: ${name} now uses ${to} as its source`);
      for (const { label } of clients) system.say(`athm: the client ${label} now fetches ${to}`);
    });
    if (nameKey(from) === nameKey(to)) return 0;
    await asCourtesy(system, `.athm files that name ${from} are not listed`, async () => {
      for (const path of await allowedNaming(system, store, from)) {
        system.say(`athm: ${plain(path)} still names ${from}; change it and run athm allow there`);
      }
    });
    return 0;
  },
};

function isFor({ profiles }: ServeClient, name: string): boolean {
  return profiles.some((each) => nameKey(each) === nameKey(name));
}

/** The client may have the new name already, of a profile that was removed. */
function renamed(client: ServeClient, from: string, to: string): ServeClient {
  const names = client.profiles.map((each) => nameKey(each) === nameKey(from) ? to : each);
  return { ...client, profiles: [...new Map(names.map((each) => [nameKey(each), each])).values()] };
}
