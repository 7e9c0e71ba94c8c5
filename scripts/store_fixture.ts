/**
 * Adds samples of new kinds of records to the stores in `tests/fixtures/store/`: `deno task
 * store-fixture`. Existing records stay as the version that added them wrote them. Creates the store of
 * a new format.
 *
 * @module
 */
import { openOrCreateStore, type Store } from "../src/session/stores.ts";
import { denoSystem } from "../src/system/deno/system.ts";
import {
  fixtures,
  lay,
  plain,
  sampleFingerprint,
  samples,
  sampleSession,
} from "../tests/support/store_fixture.ts";
import { printed, root, say, script } from "./deno.ts";

/** Creates a store of each format in the folder `home`. */
const formats: Readonly<Record<string, (home: string) => Promise<unknown>>> = {
  v1: (home) => opened(home),
  v2: async (home) => {
    await fill(await opened(home));
    const athm = ["run", "-q", "--frozen", "-P", "--no-prompt", "main.ts"];
    await printed(Deno.execPath(), [...athm, "store", "rekey"], root, {
      ATHM_HOME: home,
      ATHM_AUDIT: "off",
    });
  },
};

function opened(home: string): Promise<Store> {
  const system = denoSystem();
  const env = { get: (name: string) => name === "ATHM_HOME" ? home : undefined };
  return openOrCreateStore({ ...system, env, say: () => {} });
}

async function fill(store: Store): Promise<void> {
  for (const profile of samples) {
    if (await store.profile(profile.name)) continue;
    await store.saveProfile(profile, { replace: false });
    say(`added ${profile.name}`);
  }
  const [first] = samples;
  if (first && !await store.session(first.name, sampleFingerprint)) {
    await store.saveSession(first.name, sampleSession, sampleFingerprint);
  }
}

async function renew(format: string, begin: (home: string) => Promise<unknown>): Promise<void> {
  const folder = new URL(`${format}/`, fixtures);
  const home = `${await Deno.makeTempDir({ prefix: "athm-fixture-" })}/store`;
  try {
    const there = await Deno.stat(folder).then(() => true, () => false);
    await (there ? lay(folder, home) : begin(home));
    const store = await opened(home);
    await fill(store);
    const listed = await store.profiles();
    const profiles = listed.map((each) => "profile" in each ? plain(each.profile) : each);
    const expected = { profiles, session: plain(sampleSession), fingerprint: sampleFingerprint };
    if (there) await Deno.remove(folder, { recursive: true });
    await lay(new URL(`file://${home}/`), decodeURIComponent(folder.pathname).replace(/\/$/, ""));
    await Deno.writeTextFile(
      new URL("expected.json", folder),
      JSON.stringify(expected, undefined, 2) + "\n",
    );
  } finally {
    await Deno.remove(home.replace(/\/store$/, ""), { recursive: true });
  }
}

if (import.meta.main) {
  await script(async () => {
    for (const [format, begin] of Object.entries(formats)) await renew(format, begin);
  });
}
