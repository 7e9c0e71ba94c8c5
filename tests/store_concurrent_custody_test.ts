// Changes of the key and its custody that overlap: the key is never lost.

import assert from "node:assert/strict";
import { openOrCreateStore } from "../src/session/stores.ts";
import { run } from "../src/program.ts";
import { memoryFiles } from "./support/memory_files.ts";
import { athm, cheapPassphrases, desktop, helpers } from "./support/store_program.ts";
import { keysProfile } from "./support/store_samples.ts";
import { testSystem } from "./support/test_system.ts";

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
