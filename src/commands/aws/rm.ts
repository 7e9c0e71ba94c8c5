import { Failure, onFailure, promptsDisabled, usage } from "../../model/failure.ts";
import { listed } from "../../model/listed.ts";
import { nameKey, parseName } from "../../model/names.ts";
import type { Command, Line } from "../../line/command.ts";
import { browserFolder } from "../../session/sign_in/browser_traces.ts";
import { noProfile } from "../../session/keep.ts";
import { dependents, dependentsFirst } from "../../session/standing.ts";
import { removeUnshared } from "../../session/unshared.ts";
import { storeHome } from "../../store/files/home.ts";
import { openStore, profilesIn, type Store } from "../../session/stores.ts";
import { removeFolder } from "../../system/folder.ts";
import type { System } from "../../system/system.ts";
import { guardProfiles, guardStore, profilesOf } from "../profile/guard.ts";

/** `athm aws rm NAME…`: removes profiles and their sessions. */
export const command: Command = {
  count: [0, Infinity],
  options: [
    { name: "all", help: "remove every profile" },
    { name: "yes", help: "do not prompt" },
    { name: "force", help: "also remove profiles that others depend on" },
  ],
  work: async (line, system) => {
    const { operands, values } = line;
    const all = values.has("all");
    if (all === operands.length > 0) {
      throw usage(
        all
          ? "--all does not accept names"
          : "athm aws rm requires the NAME of a profile, or --all",
      );
    }
    operands.forEach((each) => parseName(each));
    // Remove duplicates, ignoring case.
    const names = [...new Map(operands.map((each) => [nameKey(each), each])).values()];
    const store = await openStore(system);
    if (all) return await removeAll(line, system, store);
    if (!store) throw noProfile(operands[0] ?? "", []);
    await guardProfiles(line, system, await profilesOf(store), { changed: names });
    return await store.change(() => removeNamed(system, store, names, values.has("force")));
  },
};

async function removeAll(line: Line, system: System, store: Store | undefined) {
  const count = (await store?.profiles())?.length ?? 0;
  if (!store || count === 0) {
    // An interrupted sign-in may have left a browser profile.
    removeFolder(system.files, browserFolder(system, storeHome(system)));
    system.say("athm: no profiles");
    return 0;
  }
  const what = count === 1 ? "the only profile" : `all ${count} profiles`;
  const sure = line.values.has("yes");
  if (sure) await guardStore(line, system, await profilesOf(store), "the removal of");
  if (!sure && !await agreed(system, `Remove ${what} and the sessions? [y/N] `)) {
    system.say("athm: nothing was removed");
    return 1;
  }
  await store.removeAll();
  removeFolder(system.files, browserFolder(system, store.home));
  await system.audit({ event: "rm-all" });
  system.say(`athm: removed ${what}`);
  return 0;
}

async function agreed(system: System, question: string): Promise<boolean> {
  if (!system.terminal.canAsk) {
    throw promptsDisabled("rm --all requires confirmation", "run athm aws rm --all --yes");
  }
  return /^y(es)?$/i.test(await system.terminal.ask(question));
}

async function removeNamed(
  system: System,
  store: Store,
  names: readonly string[],
  force: boolean,
): Promise<number> {
  const profiles = profilesIn(await store.profiles());
  const leaving = new Set(names.map(nameKey));
  const known = profiles.map(({ name }) => name);
  for (const name of names) {
    const standing = dependents(profiles, name).filter((each) => !leaving.has(nameKey(each.name)));
    if (standing.length && !force) {
      throw new Failure(
        "exists",
        `${listed(standing.map((each) => each.name))} ${
          standing.length === 1 ? "depends" : "depend"
        } on ${name}`,
        `athm aws rm ${name} --force removes it anyway`,
      );
    }
    const isKnown = known.some((each) => nameKey(each) === nameKey(name));
    // A damaged file's name is unknown, so it is not listed: `--force` removes it.
    if (!isKnown && !(force && await isDamaged(store, name))) throw noProfile(name, known);
  }
  // Dependents first: if interrupted, no remaining profile lacks its base.
  for (const name of dependentsFirst(profiles, names)) {
    await store.removeProfile(name);
    await system.audit({ event: "rm", profile: name });
    system.say(`athm: removed ${name}`);
  }
  await removeUnshared(system, store, profiles.filter(({ name }) => leaving.has(nameKey(name))));
  for (const { label, profiles } of await store.clients.all()) {
    const gone = profiles.filter((each) => leaving.has(nameKey(each)));
    if (!gone.length) continue;
    system.say(
      `athm: if you add ${gone.join(" or ")} again, the client ${label} may fetch it`,
    );
    system.say(`athm: hint: run athm serve token rm ${label} to end its token`);
  }
  return 0;
}

async function isDamaged(store: Store, name: string): Promise<boolean> {
  return await store.profile(name).then(() => false, onFailure(true));
}
