// The token of `athm serve`: what stands in its file's place, and what a person is told to do about it.

import assert from "node:assert/strict";
import { serverToken } from "../../src/commands/serve/token_file.ts";
import { fails, newStore } from "../support/store_samples.ts";

Deno.test("serve: the hint about a token that others can read can be pasted", async () => {
  const { system } = await newStore();
  const path = "/home/ann/my files/token";
  system.files.put(path, "x".repeat(43), 0o644);
  const { hint } = await fails("store-open", () => serverToken(system, path));
  assert.equal(hint, `chmod 600 '${path}'`);
});

Deno.test("serve: never suggests changing or removing a file that holds no token", async () => {
  const { system } = await newStore();
  for (const content of ["root:x:0:0:root:/root:/bin/sh\n", "x".repeat(100_000)]) {
    system.files.put("/etc/passwd", content, 0o644);
    const failure = await fails("files", () => serverToken(system, "/etc/passwd"));
    assert.match(failure.message, /passwd does not contain a token/);
    assert.doesNotMatch(`${failure.hint}`, /chmod|remove|passwd/);
  }
});
