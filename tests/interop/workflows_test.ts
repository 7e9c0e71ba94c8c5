// The workflows, as the linter for them reads them.

import assert from "node:assert/strict";
import { missing, ran, skip } from "../support/programs.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);

Deno.test({
  name: "workflows: actionlint reports nothing",
  ignore: skip("actionlint", await missing("actionlint", "-version")),
  fn: async () => {
    const checked = await ran("actionlint", ["-no-color"], { cwd: root });
    assert.deepEqual([checked?.code, checked?.out], [0, ""]);
  },
});
