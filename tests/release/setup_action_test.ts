// The action that sets up athm on GitHub: its script for Linux and macOS, run as by a runner.

import assert from "node:assert/strict";
import { parse } from "yaml";
import { installMissing } from "../support/install_cases.ts";
import { type InstallWorld, installWorld, version } from "../support/install_world.ts";
import { unless } from "../support/programs.ts";

const reason = installMissing("tar", "gzip", "curl");

const action = parse(Deno.readTextFileSync(new URL("../../setup/action.yml", import.meta.url)));
const [step] = action.runs.steps;

async function setUp(world: InstallWorld, asked: string) {
  const [temp, cache] = [`${world.home}/temp`, `${world.home}/cache`];
  await Deno.mkdir(temp);
  const paths = `${temp}/paths`;
  await Deno.writeTextFile(`${temp}/step.sh`, step.run);
  // As with the runner's `shell: sh`.
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-e", `${temp}/step.sh`],
    clearEnv: true,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      VERSION: asked,
      DOWNLOADS: world.downloads,
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: cache,
      GITHUB_PATH: paths,
    },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const path = await Deno.readTextFile(paths).catch(() => "");
  return { code, out: text(stdout), err: text(stderr), path, folder: `${cache}/athm/bin` };
}

for (const asked of [version, `v${version}`]) {
  Deno.test({
    ...unless(reason, `setup: puts version ${asked} on PATH`),
    fn: async () => {
      assert.equal(step.shell, "sh");
      await using world = await installWorld();
      const ran = await setUp(world, asked);
      assert.equal(ran.code, 0, ran.err);
      assert.equal(ran.path, `${ran.folder}\n`);
      assert.ok((await Deno.stat(`${ran.folder}/athm`)).isFile);
    },
  });
}

Deno.test({
  ...unless(reason, "setup: a commit as the ref is one sentence about the input"),
  fn: async () => {
    await using world = await installWorld();
    const ran = await setUp(world, "0123456789abcdef0123456789abcdef01234567");
    assert.equal(ran.code, 1);
    assert.match(
      ran.out,
      /^::error::"0123456789abcdef\w+" is not a version: set the input version/,
    );
    assert.equal(ran.path, "");
  },
});

Deno.test({
  ...unless(reason, "setup: a wrong checksum installs nothing"),
  fn: async () => {
    await using world = await installWorld();
    world.trouble.set(".tar.gz", "wrong");
    const ran = await setUp(world, version);
    assert.equal(ran.code, 1);
    assert.match(ran.err, /does not match SHA256SUMS/);
    assert.equal(ran.path, "");
  },
});
