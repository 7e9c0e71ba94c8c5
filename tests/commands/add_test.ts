// What `athm aws add` saves in the store, and what it does not.

import assert from "node:assert/strict";
import { memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { home } from "../support/store_samples.ts";

for (const more of ["", " --no-login"]) {
  Deno.test(`add --from a missing profile does not prompt and creates no store${more}`, async () => {
    const files = memoryFiles();
    const said = await athm(`aws add x --from nobody${more}`, files, { answers: [] });
    assert.equal(said.code, 1);
    assert.match(
      said.err,
      /error: x uses the profile "nobody" as its source, which does not exist\n/,
    );
    assert.match(said.err, /hint: run athm aws add nobody to create it/);
    assert.deepEqual(said.system.asked, []);
    assert.deepEqual(files.all(home), []);
  });
}
