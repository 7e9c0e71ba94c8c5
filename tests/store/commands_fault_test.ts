// Every command that writes, run as a user does, with every disk operation failing in turn:
// refused, completed but reported as failed, or the process killed there with a file half written.
// Afterward the store contains the old state or the new one, the next command works, and no
// temporary file is left after it.

import assert from "node:assert/strict";
import { openStore } from "../../src/session/stores.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { failingFiles, faults } from "../support/faults.ts";
import { httpTo } from "../support/http_to_fake.ts";
import { memoryFiles } from "../support/memory_files.ts";
import {
  athm,
  cheapPassphrases,
  desktop,
  helpers,
  report,
  runtimeFolder,
} from "../support/store_program.ts";
import { home } from "../support/store_samples.ts";
import { testStart, testSystem, type TestSystemOptions } from "../support/test_system.ts";

type Files = ReturnType<typeof memoryFiles>;

interface Case {
  /** Commands that create the old state, after the profiles `a` and `b` (which is based on `a`). */
  readonly before?: readonly string[];
  readonly line: string;
  /** Files of other programs. */
  readonly put?: Readonly<Record<string, string>>;
  /** Other permitted states, such as a half-completed rename. */
  readonly between?: (state: State) => boolean;
  /** Permitted exit codes of a second run. */
  readonly again?: readonly number[];
}

interface State {
  /** Names of profiles, with a mark for a session. */
  readonly profiles: readonly string[];
  readonly custody: string;
  /** Other files, by their content or only their existence. */
  readonly backup: boolean;
  readonly unlocked: boolean;
}

const backup = "/backups/athm.backup";

const cases: Readonly<Record<string, Case>> = {
  add: {
    line: "aws add c --from-env",
    again: [0, 1],
    // The profile without the session, which the next use creates.
    between: ({ profiles }) => profiles.join() === "a*,b*,c",
  },
  "exec with renewal": { line: "aws exec a --rotate" },
  // One profile after the other, each one's session first.
  rm: {
    line: "aws rm b a",
    again: [0, 1],
    between: ({ profiles }) => profiles.every((each) => /^[ab]\*?$/.test(each)),
  },
  mv: {
    line: "aws mv a c",
    again: [0, 1],
    between: ({ profiles }) =>
      profiles.some((each) => /^[ac]/.test(each)) && profiles.includes("b*"),
  },
  // Each is complete or absent, and no profile precedes its base; the next import adds the rest.
  "import aws-config": {
    line: "import aws-config",
    put: {
      "/home/ann/.aws/config": [
        "[profile base]\nrole_arn = arn:aws:iam::123456789012:role/base\n" +
        "credential_source = Environment\n",
        ...["i1", "i2", "i3"].map((name) =>
          `[profile ${name}]\nrole_arn = arn:aws:iam::123456789012:role/${name}\n` +
          "source_profile = base\n"
        ),
      ].join("\n"),
    },
    between: ({ profiles }) =>
      ["a*", "b*", "base", "i1", "i2", "i3"].join().startsWith(profiles.join()),
  },
  rekey: { line: "store rekey" },
  "rekey with a keychain": { before: ["store custody keychain"], line: "store rekey" },
  "custody keychain": { line: "store custody keychain" },
  "custody passphrase": { line: "store custody passphrase", again: [0, 1] },
  "custody file": { before: ["store custody keychain"], line: "store custody file" },
  backup: { line: `store backup ${backup} --force` },
  "restore into a store": {
    before: [`store backup ${backup}`, "aws rm b"],
    line: `store restore ${backup}`,
  },
  "restore into none": {
    before: [`store backup ${backup}`, "wipe"],
    line: `store restore ${backup}`,
    // The store is created first, empty.
    between: ({ profiles, custody }) => profiles.length === 0 && custody !== "",
  },
  unlock: { before: ["store custody passphrase"], line: "store unlock" },
  lock: { before: ["store custody passphrase", "store unlock"], line: "store lock" },
};

let points = 0;
/** Fewer would mean that operations are skipped: there were 2,165 when this was written. */
const fewest = 1_800;

for (const [title, one] of Object.entries(cases)) {
  Deno.test(`${title}: every disk operation fails in turn`, async (test) => {
    using _cheap = cheapPassphrases();
    await using aws = await startFakeAws({ clock: () => testStart });
    const key = aws.addUser({ name: "ann" });
    const played = helpers();
    const files = memoryFiles();
    files.put("/run/backup", "correct horse battery staple");
    files.put("/run/words", "correct horse battery");
    files.makeFolder("/backups", 0o755);
    for (const [path, text] of Object.entries(one.put ?? {})) files.put(path, text);
    files.makeFolder(runtimeFolder, 0o700);
    const { DBUS_SESSION_BUS_ADDRESS, ...bare } = desktop;
    const options: TestSystemOptions = {
      env: {
        ...bare,
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        ATHM_BACKUP_PASSPHRASE_FILE: "/run/backup",
        ATHM_PASSPHRASE_FILE: "/run/words",
      },
      system: { http: httpTo(aws), children: played.children },
    };
    const good = async (line: string, on: TestSystemOptions = options) => {
      const said = await athm(line, files, on);
      assert.equal(said.code, 0, `${line}: ${said.err}`);
    };
    // The store starts with its key in a file; the passphrase is for the commands that prompt for
    // one.
    const { ATHM_PASSPHRASE_FILE: _, ...plain } = options.env as Record<string, string>;
    await good("aws add a --from-env", { ...options, env: plain });
    await good("aws add b --from a --role-arn arn:aws:iam::123456789012:role/x --no-login");
    (options.env as Record<string, string>).DBUS_SESSION_BUS_ADDRESS = DBUS_SESSION_BUS_ADDRESS ??
      "";
    const b = await openStore(testSystem({ files, ...options }));
    const session = await sessionOf(b);
    assert.ok(session);
    await b?.saveSession("b", session, "f");
    for (const line of one.before ?? []) {
      if (line === "wipe") files.all(home).reverse().forEach(files.remove);
      else await good(line);
    }

    const old = await stateOf(files, options);
    const snapshot = files.snapshot();
    const items = new Map(played.items);
    const restore = () => {
      files.restore(snapshot);
      played.items.clear();
      for (const [id, secret] of items) played.items.set(id, secret);
    };
    await good(one.line);
    const wanted = await stateOf(files, options);
    const isRight = (state: State) =>
      [old, wanted].some((known) => same(known, state)) || (one.between?.(state) ?? false);

    let count = 0;
    for (const fault of faults) {
      for (let n = 1;; n++) {
        restore();
        const failing = failingFiles(files, n, fault);
        const said = await athm(one.line, files, { ...options, on: failing });
        if (failing.count < n) break;
        count++;
        const where = `${title}, operation ${n} ${fault}: ${said.err}`;
        assert.doesNotMatch(said.err, /internal error/, where);
        // A session that could not be saved was returned, and athm warned.
        const lacksSession = /athm: warning: .* is not kept: /.test(said.err);
        if (said.code === 0 && !lacksSession) {
          assert.ok(same(wanted, await stateOf(files, options)), where);
        }
        const after = await stateOf(files, options);
        assert.ok(isRight(after), `${where}\n${JSON.stringify([old, wanted, after])}`);
        // The next commands work, and a second run completes.
        if (after.custody) await good("aws ls");
        const again = await athm(one.line, files, options);
        assert.ok((one.again ?? [0]).includes(again.code), `${where}\nagain: ${again.err}`);
        const end = await stateOf(files, options);
        assert.ok(same(wanted, end) || (again.code !== 0 && isRight(end)), where);
        await good("aws add next --ambient --no-login");
        await good("store rekey");
        if (fault !== "late" || !(one.line === "store lock" || one.line === "store unlock")) {
          await good("store lock");
        }
        const left = files.all("/").filter((path) => /\.tmp-|\.batch-|\.part$/.test(path));
        assert.deepEqual(left, [], where);
        await good("store verify");
        // A keychain holds the store's key, or nothing.
        const { custody, keyId } = JSON.parse(files.text(`${home}/store.json`) ?? "{}");
        const held = [...played.items.keys()];
        assert.deepEqual(held, custody === "keychain" ? [keyId] : [], where);
      }
    }
    points += count;
    await report(test, `fault points: ${count}`);
    assert.ok(count > 20, `only ${count} points`);
  });
}

Deno.test("counts the operations that were made to fail", async (test) => {
  await report(test, `fault points: ${points}`);
  assert.ok(points >= fewest, `only ${points}`);
});

async function stateOf(files: Files, options: TestSystemOptions): Promise<State> {
  const system = testSystem({ files, ...options });
  const store = await openStore(system);
  const profiles: string[] = [];
  for (const each of await store?.profiles() ?? []) {
    assert.ok("profile" in each, `a profile does not open: ${"damaged" in each && each.damaged}`);
    const { name } = each.profile;
    const path = files.all(home).filter((one) => one.includes("/sessions/"));
    const session = path.length > 0 && await hasSession(store, name);
    profiles.push(name + (session ? "*" : ""));
  }
  const { custody = "" } = JSON.parse(files.text(`${home}/store.json`) ?? "{}");
  const unlocked = files.all(`${runtimeFolder}/athm`).some((path) => /\/[0-9a-f]{16}$/.test(path));
  return { profiles, custody, backup: files.facts(backup) !== undefined, unlocked };
}

function same(a: State, b: State): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Any session of that name, with any fingerprint. */
async function hasSession(store: Awaited<ReturnType<typeof openStore>>, name: string) {
  return await store?.session(name, "f") !== undefined ||
    await sessionOf(store, name) !== undefined;
}

async function sessionOf(store: Awaited<ReturnType<typeof openStore>>, name = "a") {
  const profile = await store?.profile(name);
  if (!store || profile?.source.kind !== "keys") return undefined;
  const { keptSession } = await import("../../src/session/keep.ts");
  return await keptSession(testSystem(), store, profile);
}
