// The keychains: played ones for every system, and GNOME Keyring where it is installed.

import assert from "node:assert/strict";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import type { HelperSpec } from "../../src/system/children.ts";
import type { Platform } from "../../src/system/system.ts";
import { missing, unless } from "../support/programs.ts";
import { makePrograms } from "../support/story_shim.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { fails, home, keysProfile } from "../support/store_samples.ts";
import { athm, cheapPassphrases, desktop, helpers } from "../support/store_program.ts";
import { testSystem } from "../support/test_system.ts";

const homes: Readonly<Record<Platform, string>> = {
  linux: home,
  darwin: "/home/ann/Library/Application Support/athm",
  windows: "/home/ann/athm",
};

function machine(platform: Platform = "linux") {
  const files = memoryFiles();
  const played = helpers();
  const env: Record<string, string> = { ...desktop };
  // `ATHM_HOME` in Windows' form would be no path on the disk in memory.
  if (platform === "windows") files.makeFolder("C:", 0o755);
  const options = { env, system: { platform, children: played.children } };
  const system = (more: { answers?: string[] } = {}) => testSystem({ files, ...options, ...more });
  const kept = () => JSON.parse(files.text(`${homes[platform]}/store.json`) ?? "{}");
  return { files, played, options, system, kept };
}

/** Everything that helpers were given as arguments. */
function argumentsOf({ specs }: ReturnType<typeof helpers>): string {
  return specs.map(({ command, args, set }) => [command, ...args, ...Object.values(set)].join(" "))
    .join("\n");
}

for (const platform of ["linux", "darwin"] as const) {
  Deno.test(`${platform}: the first use chooses the keychain, and no argument holds the key`, async () => {
    const { files, played, system, kept } = machine(platform);
    const first = system({ answers: [] });
    const store = await openOrCreateStore(first);
    await store.saveProfile(keysProfile("example"), { replace: false });
    assert.deepEqual(first.asked, [], "no passphrase is asked for");
    assert.deepEqual(Object.keys(kept()), ["v", "custody", "keyId", "held"]);
    assert.equal(first.captured.said.length, 1);
    assert.equal((await (await openStore(system()))?.profile("example"))?.name, "example");

    const [id, secret = ""] = [...played.items][0] ?? [];
    const [key = ""] = secret.split(".");
    assert.doesNotMatch(secret, /\s/, "macOS parts words at spaces");
    assert.equal(id, kept().keyId);
    assert.equal(Uint8Array.fromBase64(key).length, 32);
    assert.ok(!argumentsOf(played).includes(key), "a key in an argument list");
    assert.ok(played.specs.some(({ input }) => input?.includes(key)), "the key goes in by stdin");
    assert.ok(played.specs.every(({ unset }) => unset.includes("ATHM_PASSPHRASE")));
    for (const path of files.all("/")) {
      assert.ok(!(files.facts(path)?.kind === "file" && files.text(path)?.includes(key)));
    }
  });
}

/** What security prints and exits with: the last byte of the OSStatus, of Apple's SecBase.h. */
const recorded = {
  "errSecSuccess, of find-generic-password -w": { code: 0, stdout: "KEY\n" },
  "errSecItemNotFound (-25300)": { code: 44, stdout: "" },
  "errSecInteractionNotAllowed (-25308): locked, and nobody to ask": { code: 36, stdout: "" },
  "errSecAuthFailed (-25293)": { code: 51, stdout: "" },
  "userCanceledErr (-128)": { code: 128, stdout: "" },
} as const;

Deno.test("macOS: security's command lines, and what its answers mean", async () => {
  const { macosKeychain } = await import("../../src/store/custody/keychains/macos.ts");
  const item = { id: "0123456789abcdef", label: "athm store 0123456789abcdef" };
  const of = ["-s", "athm", "-a", item.id];
  for (const [name, answer] of Object.entries(recorded)) {
    const specs: HelperSpec[] = [];
    const help = (spec: HelperSpec) => {
      specs.push(spec);
      return Promise.resolve(answer);
    };
    const quiet = testSystem().children;
    const mac = testSystem({ system: { platform: "darwin", children: { ...quiet, help } } });
    const works = answer.code === 0;
    assert.equal(await macosKeychain.load(mac, item, "", 10), works ? "KEY" : undefined, name);
    const saved = await macosKeychain.save(mac, item, "KEY", 10).catch(({ code }) => code);
    assert.equal(saved, works ? "" : "store-key", name);
    assert.equal(await macosKeychain.clear(mac, item, 10), works, name);
    assert.deepEqual(specs.map(({ command, args, input }) => [command, args, input]), [
      ["/usr/bin/security", ["find-generic-password", ...of, "-w"], undefined],
      [
        "/usr/bin/security",
        ["-i"],
        `add-generic-password -U -l "${item.label}" ${of.join(" ")} -w KEY\n`,
      ],
      ["/usr/bin/security", ["delete-generic-password", ...of], undefined],
    ]);
  }
});

Deno.test("windows: DPAPI gets the key on stdin, and store.json keeps the result", async () => {
  const { keychainCustody } = await import("../../src/store/custody/keychain.ts");
  const keychain = keychainCustody(() => false);
  const { played, system } = machine("windows");
  const key = Uint8Array.from({ length: 32 }, (_, at) => at);
  const whose = { home, path: "store.json", keyId: "0".repeat(16) };
  const { kept } = await keychain.hold(system(), whose, key);
  assert.match(kept.held ?? "", /^dpapi:[A-Za-z0-9+/=]+$/);
  assert.deepEqual(await keychain.fetch(system(), whose, kept), key);
  const args = argumentsOf(played);
  assert.ok(!args.includes(key.toBase64()) && !args.includes((kept.held ?? "").slice(6)));
  assert.match(args, /-NonInteractive -Command/);
  // Started from PowerShell 7, athm inherits a path to modules that Windows PowerShell cannot load.
  assert.ok(played.specs.every(({ unset }) => unset.includes("PSModulePath")));
});

Deno.test("windows: DPAPI is never reported as locked", async () => {
  const { keychainCustody } = await import("../../src/store/custody/keychain.ts");
  const keychain = keychainCustody(() => false);
  const { played, system } = machine("windows");
  const whose = { home, path: "store.json", keyId: "0".repeat(16) };
  const { kept } = await keychain.hold(system(), whose, new Uint8Array(32));
  for (const mood of ["locked", "deaf", "slow", "missing"] as const) {
    played.mood = mood;
    const work = [
      () => keychain.hold(system(), whose, new Uint8Array(32)),
      () => keychain.fetch(system(), whose, kept),
    ];
    for (const each of work) {
      const { message, hint } = await fails("store-key", async () => void await each());
      assert.doesNotMatch(`${message} ${hint}`, /unlock|locked|item/, mood);
      assert.match(hint ?? "", /^athm store custody passphrase$|athm store restore FILE/, mood);
    }
  }
});

Deno.test("a locked, unresponsive, slow or missing keychain is skipped at first use", async () => {
  using _cheap = cheapPassphrases();
  for (const mood of ["locked", "deaf", "slow", "missing"] as const) {
    const { played, system, kept } = machine();
    played.mood = mood;
    const asked = system({ answers: ["correct horse", "correct horse"] });
    await openOrCreateStore(asked);
    assert.equal(kept().custody, "passphrase", mood);
    assert.equal(asked.asked.length, 2);
    assert.ok(played.specs.every(({ seconds }) => seconds <= 2));
  }
  const { played, system, kept } = machine();
  played.mood = "locked";
  const nobody = system();
  await openOrCreateStore(nobody);
  assert.equal(kept().custody, "file");
  assert.match(nobody.captured.said.join("\n"), /the store's key is in .*store\.json/);
});

Deno.test("without a session bus, no helper starts; variables override the keychain", async () => {
  using _cheap = cheapPassphrases();
  const played = helpers();
  const { children } = played;
  for (
    const env of [
      { HOME: "/home/ann" },
      { HOME: "/home/ann", XDG_RUNTIME_DIR: "/run/user/1000" },
      { ...desktop, ATHM_PASSPHRASE: "correct horse" },
      { ...desktop, ATHM_KEY: new Uint8Array(32).toBase64() },
    ]
  ) {
    await openOrCreateStore(testSystem({ files: memoryFiles(), env, system: { children } }));
  }
  assert.deepEqual(played.specs, []);
  const files = memoryFiles();
  files.put("/run/user/1000/bus", "");
  const env = { HOME: "/home/ann", XDG_RUNTIME_DIR: "/run/user/1000" };
  await openOrCreateStore(testSystem({ files, env, system: { children } }));
  assert.equal(played.items.size, 1);
});

Deno.test("later, a keychain that does not return the key is an error with a hint", async () => {
  const { files, played, system, options, kept } = machine();
  const store = await openOrCreateStore(system());
  await store.saveProfile(keysProfile("example"), { replace: false });
  const before = files.snapshot();
  for (const mood of ["locked", "slow", "missing"] as const) {
    played.mood = mood;
    const failure = await fails("store-key", () => openStore(system({ answers: ["x"] })));
    assert.ok(failure.hint, mood);
  }
  assert.match((await fails("store-key", () => openStore(system()))).hint ?? "", /libsecret/);
  played.mood = "well";
  const noBus = testSystem({ files, env: { HOME: "/home/ann" } });
  assert.match((await fails("store-key", () => openStore(noBus))).message, /no session bus/);
  const mac = machine("darwin");
  mac.files.restore(before);
  const moved = testSystem({
    files,
    env: { HOME: "/home/ann", ATHM_HOME: home },
    system: { platform: "darwin", children: played.children },
  });
  assert.match(
    (await fails("store-key", () => openStore(moved))).message,
    /belongs to another system/,
  );
  played.items.set(kept().keyId, "no key");
  await fails("store-key", () => openStore(system()));
  played.items.set(kept().keyId, new Uint8Array(32).toBase64());
  await fails("store-damaged", () => openStore(system()));
  assert.deepEqual(files.snapshot(), before);
  assert.equal((await athm("store status", files, options)).code, 0, "needs no key");
});

Deno.test("after custody changes and a rekey, the keychain holds only the right key", async () => {
  const { files, played, options, kept } = machine();
  const store = await openOrCreateStore(testSystem({ files }));
  await store.saveProfile(keysProfile("example"), { replace: false });
  const run = async (line: string) => {
    const said = await athm(line, files, options);
    assert.equal(said.code, 0, said.err);
    return said;
  };
  await run("store custody keychain");
  assert.deepEqual([...played.items.keys()], [kept().keyId]);
  await run("store rekey");
  assert.deepEqual([...played.items.keys()], [kept().keyId]);
  assert.match((await run("aws ls")).out, /^example\t/m);
  assert.match((await run("store custody keychain")).err, /already/);
  await run("store custody file");
  assert.equal(played.items.size, 0);
  played.mood = "deaf";
  const refused = await athm("store custody keychain", files, options);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /did not store the key\n.*custody passphrase/);
  assert.equal(kept().custody, "file");
});

const noKeyring = Deno.build.os === "linux"
  ? missing("dbus-run-session", "gnome-keyring-daemon", "secret-tool")
  : "this is not Linux";

/** What runs inside the session: each line's end is told, and arguments of all processes are kept. */
const script = `
printf testpw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
(while [ ! -e stop ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; done >cmdlines) & watcher=$!
athm aws add example --from-env --no-login >add.out 2>&1; echo "add $?"
athm aws ls 2>&1; echo "ls $?"
key=$(secret-tool lookup service athm store "$(athm store status --json | sed -n 's/.*"keyId": "\\(.*\\)".*/\\1/p')")
echo "$key" >key
athm store rekey >rekey.out 2>&1; echo "rekey $?"
athm store verify 2>&1; echo "verify $?"
touch stop; wait $watcher
gnome-keyring-daemon --replace --components=secrets </dev/null >/dev/null 2>&1 &
sleep 0.5
CI=1 athm aws ls 2>locked.err; echo "locked $?"
kill %2 2>/dev/null
`;

Deno.test({
  ...unless(
    noKeyring,
    "GNOME Keyring holds the key; locked is an error; no argument holds the key",
  ),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "athm-keyring-" });
    const programs = await makePrograms();
    try {
      await Deno.mkdir(`${folder}/run`, { mode: 0o700 });
      const { code, stdout, stderr } = await new Deno.Command("timeout", {
        args: ["60", "dbus-run-session", "--", "sh", "-c", script],
        cwd: folder,
        clearEnv: true,
        env: {
          PATH: `${programs}:${Deno.env.get("PATH")}`,
          HOME: folder,
          XDG_RUNTIME_DIR: `${folder}/run`,
          AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
          AWS_SECRET_ACCESS_KEY: "not-a-secret-key",
        },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      const out = text(stdout);
      const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}`);
      assert.match(
        out,
        /^add 0\nNAME\t.*\nexample\t.*\nls 0\nrekey 0\n1 profile .*\nverify 0\n/,
        `${out}${text(stderr)}${code}`,
      );
      assert.match(read("add.out"), /the store's key is in the Secret Service/);
      assert.match(out, /^locked 1$/m);
      assert.match(
        read("locked.err"),
        /error: cannot read the key of the store .* from the Secret Service/,
      );
      const [key = ""] = read("key").trim().split(".");
      assert.equal(Uint8Array.fromBase64(key).length, 32);
      const seen = read("cmdlines");
      assert.match(seen, /secret-tool (store|lookup)/, "the watcher saw the helper");
      assert.ok(!seen.includes(key.replace(/=$/, "")), "the key in an argument list");
    } finally {
      await Deno.remove(folder, { recursive: true });
      await Deno.remove(programs, { recursive: true });
    }
  },
});
