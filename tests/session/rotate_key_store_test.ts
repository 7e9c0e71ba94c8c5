// An interrupted rotation's new key survives what replaces the whole store.
import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { keyNoteExpires, keyNoteName } from "../../src/model/proofs.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import type { System } from "../../src/system/system.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm, keyId, prepared } from "../support/rotation.ts";
import { sessionTest } from "../support/session_world.ts";
import { keysProfile, sampleSession } from "../support/store_samples.ts";
import { athm as athmOn, cheapPassphrases } from "../support/store_program.ts";
import { testSystem } from "../support/test_system.ts";

sessionTest("rotate-key: continues with the noted key after store rekey", async (world) => {
  const { machine } = await prepared(world);
  const active = () => world.aws.accessKeys(world.key.arn).filter((each) => each.active);
  let [count, noted] = [0, 0];
  const failingFrom = (n: number): System => ({
    ...machine.system,
    http: async (url, pem) => {
      const real = await machine.system.http(url, pem);
      return {
        send: async (request) => {
          if (++count >= n) throw new Failure("network", "made to fail", "try again");
          return await real.send(request);
        },
        [Symbol.dispose]: () => real[Symbol.dispose](),
      };
    },
  });
  for (let n = 1; n <= 7; n++) {
    count = 0;
    const code = await athm(world, failingFrom(n), "aws rotate-key example");
    if (active().length === 2) noted++;
    const [before] = active().slice(-1);
    assert.equal(await athm(world, machine.system, "store rekey"), 0, machine.said().join("\n"));
    if (code === 0) continue;
    assert.equal(await athm(world, machine.system, "aws rotate-key example"), 0, `request ${n}`);
    const [one, ...more] = active();
    assert.deepEqual(more, []);
    if (noted) assert.equal(one?.id, before?.id ?? one?.id);
    const store = await openStore(machine.system);
    assert.equal(keyId(await store?.profile("example")), one?.id);
  }
  assert.ok(noted > 1, "some interruptions left two keys");
});

const arn = "arn:aws:iam::123456789012:user/Ann";
const note = { ...sampleSession(), expires: keyNoteExpires };

for (
  const [what, own, user, kept] of [
    ["that names its user", { arn }, {}, true],
    ["of a kept session's user", {}, { arn }, true],
    ["of an unknown user", {}, {}, false],
  ] as const
) {
  Deno.test(`rekey: ${kept ? "keeps" : "refuses to lose"} a noted key ${what}`, async () => {
    const files = memoryFiles();
    const store = await openOrCreateStore(testSystem({ files }));
    await store.saveProfile(keysProfile("a"), { replace: false });
    await store.saveSession("a", { ...sampleSession(), ...user }, "f");
    const record = { session: { ...note, ...own }, fingerprint: "f" };
    await store.shared.sessions.save(keyNoteName(arn), record);
    const said = await athmOn("store rekey", files);
    assert.equal(said.code, kept ? 0 : 1, said.err);
    if (!kept) {
      assert.match(said.err, /new access key ASIAIOSFODNN7EXAMPLE of an interrupted rotation\n/);
      assert.match(said.err, /hint: run athm aws rotate-key NAME to finish it first/);
    }
    const after = await openStore(testSystem({ files }));
    assert.ok(await after?.session(keyNoteName(arn), "f"));
    assert.ok(await after?.session("a", "f"));
  });
}

Deno.test("restore: keeps the store's noted key, and brings that of a backup", async () => {
  using _cheap = cheapPassphrases();
  const env = { HOME: "/home/ann", ATHM_BACKUP_PASSPHRASE_FILE: "/run/backup" };
  const made = async (user: string) => {
    const files = memoryFiles();
    files.put("/run/backup", "correct horse battery staple\n");
    files.makeFolder("/backups", 0o755);
    const store = await openOrCreateStore(testSystem({ files }));
    await store.saveProfile(keysProfile("a"), { replace: false });
    const record = { session: { ...note, arn: user }, fingerprint: "f" };
    await store.shared.sessions.save(keyNoteName(user), record);
    return files;
  };
  const other = `${arn}-2`;
  const [here, there] = [await made(arn), await made(other)];
  assert.equal((await athmOn("store backup /backups/b", there, { env })).code, 0);
  here.put("/backups/b", there.read("/backups/b") ?? "");
  const said = await athmOn("store restore /backups/b", here, { env });
  assert.equal(said.code, 0, said.err);
  const after = await openStore(testSystem({ files: here }));
  for (const user of [arn, other]) assert.ok(await after?.session(keyNoteName(user), "f"), user);
});
