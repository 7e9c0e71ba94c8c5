// What could lose the key, a session or a policy: overlapping changes, names, damage, sizes.

import assert from "node:assert/strict";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { run } from "../../src/program.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm, cheapPassphrases, desktop, helpers } from "../support/store_program.ts";
import { keysProfile, sampleSession } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

const passphrase = "five random words are strong";

Deno.test("custody: two processes that choose the keychain at once keep the key there", async () => {
  const files = memoryFiles();
  const { children, items } = helpers();
  const system = { children, platform: "linux" as const };
  const first = testSystem({ files, env: { HOME: "/home/ann" }, system });
  const store = await openOrCreateStore(first);
  await store.saveProfile(keysProfile("example"), { replace: false });
  const options = { env: desktop, system };
  const both = await Promise.all([
    athm("store custody keychain", files, options),
    athm("store custody keychain", files, options),
  ]);
  assert.ok(both.some(({ code }) => code === 0));
  assert.equal(items.size, 1);
  const { code, out } = await athm("aws ls", files, options);
  assert.deepEqual([code, /example/.test(out)], [0, true]);
});

Deno.test("rekey: a custody that changes during its prompt leaves a store that opens", async () => {
  using _cheap = cheapPassphrases();
  const files = memoryFiles();
  const { children } = helpers();
  const system = { children, platform: "linux" as const };
  const env = { HOME: "/home/ann", ATHM_PASSPHRASE: passphrase };
  const store = await openOrCreateStore(testSystem({ files, env, system }));
  await store.saveProfile(keysProfile("example"), { replace: false });

  const world = testSystem({ files, env: { HOME: "/home/ann" }, system, answers: [passphrase] });
  const askSecret = async (question: string) => {
    const { code, err } = await athm("store custody file", files, { env, system });
    assert.equal(code, 0, err);
    return await world.terminal.askSecret(question);
  };
  const code = await run(["store", "rekey"], {
    ...world,
    terminal: { ...world.terminal, askSecret },
  });
  assert.equal(code, 0, world.captured.said.join("\n"));
  const listed = await athm("aws ls", files, { env, system });
  assert.deepEqual([listed.code, /example/.test(listed.out)], [0, true], listed.err);
});

const backup = "/home/ann/athm.backup";

async function storeToBackUp() {
  const files = memoryFiles();
  const env = {
    HOME: "/home/ann",
    ATHM_PASSPHRASE: passphrase,
    ATHM_BACKUP_PASSPHRASE_FILE: "/home/ann/words",
  };
  const options = { env, system: { children: helpers().children, platform: "linux" as const } };
  const store = await openOrCreateStore(testSystem({ files, ...options }));
  files.create("/home/ann/words", new TextEncoder().encode("five other random words"), 0o600);
  return { files, options, store };
}

Deno.test("restore: a session whose profile's name differs in case is one file", async () => {
  using _cheap = cheapPassphrases();
  const { files, options, store } = await storeToBackUp();
  await store.saveProfile(keysProfile("example"), { replace: false });
  await store.saveSession("example", sampleSession(), "f");
  assert.equal((await athm(`store backup ${backup}`, files, options)).code, 0);
  await store.removeProfile("example");
  await store.saveProfile(keysProfile("Example"), { replace: false });
  await store.saveSession("Example", sampleSession(), "f");
  const { code, err } = await athm(`store restore ${backup} --force`, files, options);
  assert.equal(code, 0, err);
  assert.equal((await athm("store rekey", files, options)).code, 0);
});

Deno.test("rekey and backup: a damaged policy is an error, and stays", async () => {
  using _cheap = cheapPassphrases();
  const { files, options, store } = await storeToBackUp();
  await store.policies.save("mine", { name: "mine", policy: "{}" });
  const path = files.all("/home/ann").find((each) => /\/policies\//.test(each)) ?? assert.fail();
  files.put(path, "damaged");
  for (const line of ["store rekey", `store backup ${backup}`]) {
    const { code, err } = await athm(line, files, options);
    assert.deepEqual([code, /damaged/.test(err)], [1, true], `${line}: ${err}`);
  }
  assert.ok(files.facts(path));
});

Deno.test("narrower sessions: the oldest give way when policies fill the file", async () => {
  using _cheap = cheapPassphrases();
  const { store } = await storeToBackUp();
  await store.saveProfile(keysProfile("example"), { replace: false });
  const policy = JSON.stringify({ Statement: [{ Sid: "x".repeat(15_000) }] });
  for (let count = 0; count < 16; count++) {
    const narrowing = { policy: policy + " ".repeat(count) };
    const session = sampleSession();
    await store.saveNarrowed("example", { narrowing, session, fingerprint: `${count}` });
  }
  const kept = await store.narrowed("example");
  assert.ok(kept.length > 5 && kept.length < 16, `${kept.length}`);
  assert.equal(kept[0]?.fingerprint, "15");
});
