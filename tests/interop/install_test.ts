// install.sh under the shells and tools of common images, and checked by shellcheck.

import assert from "node:assert/strict";
import { installMissing, installTests } from "../support/install_cases.ts";
import { onPath, unless } from "../support/programs.ts";

async function folderOf(links: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "athm-tools-" });
  for (const [name, target] of Object.entries(links)) {
    await Deno.symlink(target, `${folder}/${name}`);
  }
  // Tests run after this module has loaded, so remove it when the process exits.
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return folder;
}

/** The programs that the script may use without curl and GNU tools. */
const applets = [
  ...[
    "cat",
    "chmod",
    "cut",
    "dd",
    "dirname",
    "gzip",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "rmdir",
    "sed",
    "sh",
  ],
  ...["sha256sum", "sleep", "tail", "tar", "tr", "uname", "wget"],
];

for (const shell of ["dash", "bash --posix", "zsh --emulate sh", "ksh"]) {
  const [program = ""] = shell.split(" ");
  installTests(shell, { shell }, installMissing(program, "curl", "tar"));
}

const noBusybox = installMissing("busybox");
if (noBusybox === undefined) {
  const busybox = onPath("busybox")!;
  const path = await folderOf(Object.fromEntries(applets.map((name) => [name, busybox])));
  installTests("busybox", { shell: `${busybox} sh`, path });
} else installTests("busybox", {}, noBusybox);

const noWget = installMissing("wget");
if (noWget === undefined) {
  const names = [...applets, "sha256sum", "env"];
  const links = Object.fromEntries(names.map((name) => [name, onPath(name)!]));
  installTests("wget", { path: await folderOf(links) });
} else installTests("wget", {}, noWget);

Deno.test({
  ...unless(installMissing("shellcheck"), "install.sh: shellcheck reports nothing"),
  fn: async () => {
    const script = new URL("../../scripts/release/install.sh", import.meta.url).pathname;
    const { stdout } = await new Deno.Command("shellcheck", {
      args: ["--shell=sh", "--severity=style", decodeURIComponent(script)],
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "");
  },
});
