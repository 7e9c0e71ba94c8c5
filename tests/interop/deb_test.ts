// The Debian package, as dpkg reads it.

import assert from "node:assert/strict";
import { debianPackage } from "../../scripts/release/deb.ts";
import { targets } from "../../scripts/release/targets.ts";
import { missing, ran, unless } from "../support/programs.ts";

const release = { version: "1.2.3", time: 1_767_225_600, repository: "https://git.example/a/athm" };
const file = (path: string, text: string, executable = false) => ({
  path,
  bytes: new TextEncoder().encode(text),
  executable,
});
const files = [
  file("athm", "#!/bin/sh\necho athm\n", true),
  file("LICENSE", "a license\n"),
  file("man/athm.1", ".TH athm\n"),
  file("completions/athm.bash", "complete\n"),
];

Deno.test({
  ...unless(missing("dpkg-deb"), "deb: dpkg reads it and finds each file in its place"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const target = targets.find(({ name }) => name === "linux-x64") ?? assert.fail();
      const [name, bytes] = await debianPackage(release, target, files) ?? assert.fail();
      assert.equal(name, "athm_1.2.3_amd64.deb");
      await Deno.writeFile(`${folder}/${name}`, bytes);
      const info = await ran("dpkg-deb", ["--info", `${folder}/${name}`]);
      assert.equal(info?.code, 0, info?.err);
      assert.match(info?.out ?? "", /Package: athm\n.*Version: 1\.2\.3\n/s);
      const unpacked = await ran("dpkg-deb", ["--extract", `${folder}/${name}`, `${folder}/root`]);
      assert.equal(unpacked?.code, 0, unpacked?.err);
      assert.equal(((await Deno.stat(`${folder}/root/usr/bin/athm`)).mode ?? 0) & 0o777, 0o755);
      for (
        const path of [
          "usr/share/doc/athm/copyright",
          "usr/share/man/man1/athm.1",
          "usr/share/bash-completion/completions/athm",
        ]
      ) assert.ok((await Deno.stat(`${folder}/root/${path}`)).isFile, path);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("deb: builds are reproducible, and other targets have none", async () => {
  for (const target of targets) {
    const [first, second] = [
      await debianPackage(release, target, files),
      await debianPackage(release, target, files.toReversed()),
    ];
    assert.deepEqual(first, second);
    assert.equal(first !== undefined, ["linux-x64", "linux-arm64"].includes(target.name));
  }
});
