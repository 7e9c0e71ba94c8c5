import assert from "node:assert/strict";
import { versionText } from "../../src/system/version.ts";
import { testSystem } from "../support/test_system.ts";

Deno.test("version: names the source checkout and the runtime", () => {
  const system = { ...testSystem(), versions: { deno: "2.0.0", v8: "15.0" } };
  assert.match(
    versionText(system),
    /^athm \d+\.\d+\.\d+ \(run from source, deno 2\.0\.0, v8 15\.0\)\n$/,
  );
});
