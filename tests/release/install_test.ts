// install.sh under this system's own sh, against a release on loopback.

import assert from "node:assert/strict";
import { installMissing, installTests } from "../support/install_cases.ts";
import { unless } from "../support/programs.ts";
import { installWorld } from "../support/install_world.ts";

const reason = installMissing("tar", "gzip") ?? (installMissing("curl") && installMissing("wget"));

installTests("sh", {}, reason);

Deno.test({
  ...unless(reason, "install.sh: a truncated download does nothing"),
  fn: async () => {
    const url = new URL("../../scripts/release/install.sh", import.meta.url);
    const lines = Deno.readTextFileSync(url).trimEnd().split("\n");
    assert.equal(lines.at(-1), 'main "$@"');
    await using world = await installWorld();
    for (const part of [0.3, 0.6, 0.9, 1]) {
      const kept = lines.slice(0, Math.min(lines.length - 1, Math.floor(lines.length * part)));
      await Deno.writeTextFile(`${world.home}/cut.sh`, kept.join("\n") + "\n");
      const { stdout } = await new Deno.Command("/bin/sh", {
        args: [`${world.home}/cut.sh`],
        cwd: world.home,
        clearEnv: true,
        env: { HOME: world.home, PATH: "/usr/bin:/bin" },
        stderr: "null",
      }).output();
      assert.equal(new TextDecoder().decode(stdout), "");
      assert.deepEqual(world.files(), [`${world.home}/cut.sh`]);
    }
  },
});
