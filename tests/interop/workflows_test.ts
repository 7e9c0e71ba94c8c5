// The workflows, checked by actionlint.

import assert from "node:assert/strict";
import { peer, ran, unless } from "../support/programs.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const actionlint = peer("actionlint", "go/actionlint");
const reason = actionlint ? undefined : "actionlint is not installed";

Deno.test({
  ...unless(reason, "workflows: actionlint reports nothing"),
  fn: async () => {
    const checked = await ran(actionlint ?? "", ["-no-color"], { cwd: root });
    assert.deepEqual([checked?.code, checked?.out], [0, ""]);
  },
});
