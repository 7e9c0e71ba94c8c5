// The AWS config file under disk faults and concurrent writers.
import assert from "node:assert/strict";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { run } from "../../src/program.ts";
import { failingFiles, faults } from "../support/faults.ts";
import { keysProfile } from "../support/store_samples.ts";
import { type TestSystem, testSystem } from "../support/test_system.ts";

const path = "/home/ann/.aws/config";
const before = "[default]\noutput = json\n";

async function machine(): Promise<TestSystem> {
  const system = testSystem();
  const store = await openOrCreateStore(system);
  await store.saveProfile(keysProfile("example"), { replace: false });
  system.files.put(path, before, 0o640);
  return system;
}

const args = ["aws", "configure", "example"];

Deno.test("configure: a fault at every operation leaves the old file or the new one", async () => {
  const whole = await machine();
  assert.equal(await run(args, whole), 0);
  const after = whole.files.text(path);
  for (const fault of faults) {
    for (let n = 1;; n++) {
      assert.ok(n < 200, "it never succeeds");
      const system = await machine();
      const code = await run(args, { ...system, files: failingFiles(system.files, n, fault) });
      const now = system.files.text(path);
      assert.ok(now === before || now === after, `${fault} ${n}: ${now}`);
      assert.equal(system.files.facts(path)?.mode, 0o640);
      // Another run finishes the work and leaves nothing half done.
      assert.equal(await run(args, system), 0);
      assert.equal(system.files.text(path), after);
      assert.deepEqual(system.files.all("/home/ann/.aws"), [path]);
      if (code === 0 && n > 20) break;
    }
  }
});

Deno.test("configure: keeps what another program wrote meanwhile", async () => {
  const system = await machine();
  const theirs = "[default]\noutput = text\n";
  let reads = 0;
  const files = {
    ...system.files,
    read: (name: string) => {
      if (name === path && ++reads === 2) system.files.put(path, theirs, 0o640);
      return system.files.read(name);
    },
  };
  assert.equal(await run(args, { ...system, files }), 1);
  assert.equal(system.files.text(path), theirs);
  assert.match(system.captured.said.join("\n"), /changed in the meantime/);
});
