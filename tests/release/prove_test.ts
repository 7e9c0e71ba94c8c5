// The parts of a proof that need no program: unpacking an archive, paths under Wine, wrong arguments.

import assert from "node:assert/strict";
import { root } from "../../scripts/deno.ts";
import { programFolder } from "../../scripts/prove/program.ts";
import { seen, unseen } from "../../scripts/prove/windows.ts";
import { tarGz, zip } from "../../scripts/release/archive.ts";
import { archiveOf, folderOf, type Target, targets } from "../../scripts/release/targets.ts";
import { isFile, missing, unless } from "../support/programs.ts";

const version = "1.2.3";
/** Wine's Windows has no tar. */
const noUnpacker = Deno.build.os !== "windows"
  ? missing("unzip")
  : isFile(`${Deno.env.get("SYSTEMROOT")}\\System32\\tar.exe`)
  ? undefined
  : "tar.exe is not installed";

/** An archive for the target that contains its program alone. */
async function archive(target: Target, work: string): Promise<string> {
  const path = `${folderOf(version, target)}/${target.program}`;
  const files = [{ path, bytes: new TextEncoder().encode("program"), executable: true }];
  const made = target.archive === "zip" ? await zip(files, 0) : await tarGz(files, 0);
  await Deno.writeFile(`${work}/${archiveOf(version, target)}`, made);
  return `${work}/${archiveOf(version, target)}`;
}

for (const target of targets) {
  Deno.test({
    ...unless(noUnpacker, `prove: unpacks the archive for ${target.name}`),
    fn: async () => {
      const work = await Deno.makeTempDir({ prefix: "athm-prove-test-" });
      try {
        const made = await archive(target, work);
        const folder = await programFolder(target, { archive: made }, work);
        assert.equal(await Deno.readTextFile(`${folder}/${target.program}`), "program");
      } finally {
        await Deno.remove(work, { recursive: true });
      }
    },
  });
}

Deno.test({
  ...unless(noUnpacker, "prove: the archive of another target is refused"),
  fn: async () => {
    const work = await Deno.makeTempDir({ prefix: "athm-prove-test-" });
    try {
      const [one, other] = targets;
      assert.ok(one && other);
      const made = await archive(other, work);
      await assert.rejects(
        programFolder(one, { archive: made }, work),
        /is not an archive for linux-x64/,
      );
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  },
});

Deno.test("prove: Wine sees this machine's disk as Z:, and nothing else is one of its paths", () => {
  assert.equal(seen("/tmp/Zoë ü/a"), "Z:\\tmp\\Zoë ü\\a");
  for (const path of ["/tmp/a b", "/"]) assert.equal(unseen(seen(path)), path);
  assert.equal(unseen("/tmp/a"), "/tmp/a");
});

async function prove(...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--frozen", "-A", "--no-prompt", "scripts/prove.ts", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("prove: wrong arguments are one sentence with the usage", async () => {
  for (
    const [args, says] of [
      [[], /^error: TARGET must be one of linux-x64, /],
      [["plan9"], /^error: TARGET must be one of/],
      [["linux-x64", "--athm"], /^error: wrong arguments/],
      [["linux-x64", "--bin", "x"], /^error: unknown option --bin/],
    ] as const
  ) {
    const { code, out, err } = await prove(...args);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, says);
    assert.match(err, /\nhint: deno task prove TARGET/);
  }
});

Deno.test("prove: what cannot run here is skipped, and the line says why", async () => {
  const { code, out } = await prove("windows-arm64", "--athm", "no-such-file");
  if (Deno.build.os === "windows") return;
  assert.equal(code, 0);
  assert.match(
    out,
    /^skip {2}windows-arm64: every check: windows-arm64 cannot run on this machine/,
  );
  assert.match(out, /\n0 passed, 0 failed, 1 skipped\n$/);
  const published = await prove("windows-arm64", "--archive", "no-such-file");
  assert.equal(published.code, 1, "an archive that will be published must have run");
  assert.match(
    published.out,
    /^FAIL {2}windows-arm64: every check: .*\n0 passed, 1 failed, 0 skipped\n$/,
  );
});
