// A key is replaced while requests and disk operations fail: every profile holds a key that works.
import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { openStore } from "../../src/session/stores.ts";
import type { System } from "../../src/system/system.ts";
import { failingFiles, faults } from "../support/faults.ts";
import { athm, keyId, prepared } from "../support/rotation.ts";
import { sessionTest, type SessionWorld } from "../support/session_world.ts";

/** Asserts that AWS accepts every profile's key, and that a final call leaves one key for all. */
async function mended(world: SessionWorld, system: System, at: string): Promise<void> {
  const active = () => world.aws.accessKeys(world.key.arn).filter((each) => each.active);
  const keys = async () => {
    const store = await openStore(system);
    return await Promise.all(
      ["example", "deploy"].map(async (name) => keyId(await store?.profile(name))),
    );
  };
  for (const id of await keys()) {
    assert.ok(active().some((each) => each.id === id), `${at}: ${id} is dead`);
  }
  const earlier = active().length;
  const code = await athm(world, system, "aws rotate-key example");
  if (code !== 0) {
    // AWS created a key, but the response was lost: the error names the key.
    assert.equal(earlier, 2, at);
    return;
  }
  const [one, ...more] = active();
  assert.deepEqual(more, [], at);
  assert.deepEqual(await keys(), [one?.id, one?.id], at);
}

/** What happens to the n-th request, and to those after it. */
const troubles = {
  refused: { does: false, ends: false },
  lost: { does: true, ends: false },
  gone: { does: false, ends: true },
  "lost and gone": { does: true, ends: true },
} as const;

for (const [kind, { does, ends }] of Object.entries(troubles)) {
  for (let n = 1; n <= 7; n++) {
    sessionTest(`rotate-key: request ${n} ${kind}: every profile's key works`, async (world) => {
      const { machine, store } = await prepared(world);
      let count = 0;
      const http: System["http"] = async (url, pem) => {
        const real = await machine.system.http(url, pem);
        return {
          send: async (request) => {
            count++;
            const hit = ends ? count >= n : count >= n && count < n + 4;
            if (!hit) return await real.send(request);
            if (does && count === n) await real.send(request);
            throw new Failure("network", `request ${count} was made to fail`, "try again");
          },
          [Symbol.dispose]: () => real[Symbol.dispose](),
        };
      };
      const code = await athm(world, { ...machine.system, http }, "aws rotate-key example");
      assert.ok(count >= n || code === 0, "the request was made");
      const said = machine.said().join("\n");
      if (code !== 0) assert.match(said, /athm: hint: /);
      assert.equal(keyId(await store.profile("example")), keyId(await store.profile("deploy")));
      await mended(world, machine.system, `${kind} ${n}`);
    });
  }
}

for (const fault of faults) {
  sessionTest(
    `rotate-key: a disk operation ${fault}, whichever: every profile's key works`,
    async (world) => {
      const { machine } = await prepared(world);
      const { system } = machine;
      const begin = system.files.snapshot();
      let least = 0;
      for (let n = 1;; n++) {
        assert.ok(n < 250, "it never succeeds");
        system.files.restore(begin);
        // The store is reset, so AWS is too.
        const { key, aws } = world;
        for (const { id } of aws.accessKeys(key.arn)) aws.forgetKey(id);
        aws.addUser({ name: "ann", ...key });
        const files = failingFiles(system.files, n, fault);
        const code = await athm(world, { ...system, files }, "aws rotate-key example");
        if (code !== 0) least = n;
        await mended(world, system, `${fault} ${n}`);
        if (files.count < n) break;
      }
      assert.ok(least > (fault === "full" ? 2 : 20), "the operations were counted");
    },
  );
}
