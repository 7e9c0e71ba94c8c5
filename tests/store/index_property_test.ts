// Any sequence of commands, by several processes, some of which are killed: `ls` by the index prints
// what it prints without one. The disk shows no difference between a file and its replacement.

import assert from "node:assert/strict";
import fc from "fast-check";
import { failingFiles } from "../support/faults.ts";
import { coarseFiles, index, many } from "../support/index_world.ts";
import { athm, cheapPassphrases } from "../support/store_program.ts";
import { runs } from "../support/store_samples.ts";
import type { MemoryFiles } from "../support/memory_files.ts";

const options = {
  // Nothing advances the clock for a process that waits for the log of another one.
  env: { HOME: "/home/ann", ATHM_AUDIT: "off", ATHM_BACKUP_PASSPHRASE_FILE: "/run/words" },
};

const names = ["p00", "p01", "new", "other"];
const name = fc.constantFrom(...names);
/** Regions of the same length, so that files have the same size. */
const region = fc.constantFrom("eu-west-1", "eu-west-2", "eu-west-3");

const command = fc.oneof(
  { weight: 4, arbitrary: fc.constant("aws ls") },
  {
    weight: 4,
    arbitrary: fc.tuple(name, region).map((all) => `aws set --no-login ${all.join(" --region ")}`),
  },
  fc.tuple(name, region).map(([each, there]) =>
    `aws add ${each} --ambient --no-login --force --region ${there}`
  ),
  name.map((each) => `aws add ${each} --from p02 --no-login --force`),
  name.map((each) => `aws rm ${each}`),
  fc.tuple(name, name).map((all) => `aws mv ${all.join(" ")}`),
  fc.constant("import aws-config --force"),
  fc.constant("store rekey"),
  fc.constant("store backup /backups/athm --force"),
  fc.constant("store restore /backups/athm --force"),
  fc.constant("completions bash -- aws exec p"),
);

/** One or two processes at once; the first may be killed at its n-th disk operation. */
const step = fc.record({
  lines: fc.array(command, { minLength: 1, maxLength: 2 }),
  killedAt: fc.option(fc.integer({ min: 1, max: 120 }), { freq: 3, nil: undefined }),
});

async function listed(files: MemoryFiles): Promise<string> {
  const { code, out, err } = await athm("aws ls --json", files, options);
  assert.equal(code, 0, err);
  return out;
}

Deno.test("index: after any commands and crashes, ls is what it is without an index", async () => {
  using _cheap = cheapPassphrases();
  const files = coarseFiles();
  files.makeFolder("/backups", 0o700);
  files.put("/run/words", "five random words are strong");
  files.put(
    "/home/ann/.aws/config",
    ["new", "other", ...many.slice(0, 10)].map((each) =>
      `[profile ${each}]\nrole_arn = arn:aws:iam::123456789012:role/imported\n` +
      "credential_source = Environment\n"
    ).join("\n"),
  );
  for (const each of many.slice(0, 15)) {
    await athm(`aws add ${each} --ambient --no-login --region eu-west-1`, files, options);
  }
  await athm("aws add p15 --from p02 --no-login", files, options);
  await athm("store backup /backups/athm", files, options);
  const start = files.snapshot();
  let used = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      files.restore(start);
      await listed(files);
      for (const { lines, killedAt } of steps) {
        const done = await Promise.all(lines.map((line, at) => {
          const on = killedAt === undefined || at > 0
            ? files
            : failingFiles(files, killedAt, "killed");
          return athm(line, files, { ...options, on });
        }));
        for (const { err } of done) assert.doesNotMatch(err, /internal error/);
        const now = files.snapshot();
        const isThere = files.facts(index) !== undefined;
        const byIndex = await listed(files);
        files.restore(now);
        files.remove(index);
        assert.equal(byIndex, await listed(files), JSON.stringify(lines));
        files.restore(now);
        if (isThere) used++;
      }
    }),
    runs(40),
  );
  assert.ok(used > 10, "an index was hardly ever used");
});
