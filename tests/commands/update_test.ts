// How a copy of athm was installed, recognized by its real path.

import assert from "node:assert/strict";
import { run } from "../../src/program.ts";
import type { Platform } from "../../src/system/system.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { testSystem } from "../support/test_system.ts";

/** What `athm update` prints for a program at this path when these files exist. */
async function says(program: string, platform: Platform, ...there: string[]): Promise<string> {
  const files = memoryFiles();
  for (const path of there) files.put(path, "");
  const system = testSystem({ files, system: { platform, selfCommand: () => [program] } });
  assert.equal(await run(["update"], system), 0);
  return system.captured.out;
}

Deno.test("update: shows the package manager's command, else the installer's", async () => {
  const brew = "/opt/homebrew/Cellar/athm/1.2.3/bin/athm";
  assert.match(await says(brew, "darwin", brew), /by Homebrew\nupdate: brew upgrade athm\n$/);
  const scoop = "C:\\Users\\ann\\scoop\\apps\\athm\\current\\athm.exe";
  assert.match(await says(scoop, "windows"), /by Scoop\nupdate: scoop update athm\n$/);
  assert.match(await says("C:\\tools\\athm.exe", "windows"), /archive, in C:\\tools\n/);
  const own = "/home/ann/.local/bin/athm";
  assert.match(await says(own, "linux", own), /--to \/home\/ann\/\.local\/bin,/);
});

Deno.test("update: follows a package manager's link on PATH", async () => {
  const files = memoryFiles();
  files.put("/opt/homebrew/Cellar/athm/1.2.3/bin/athm", "");
  files.put("/opt/homebrew/bin/other", "");
  files.link("/opt/homebrew/bin/athm", "/opt/homebrew/Cellar/athm/1.2.3/bin/athm");
  const selfCommand = () => ["/opt/homebrew/bin/athm"];
  const system = testSystem({ files, system: { platform: "darwin", selfCommand } });
  assert.equal(await run(["update"], system), 0);
  assert.match(system.captured.out, /^installed by Homebrew$/m);
});

Deno.test("update: recognizes a Debian package only if dpkg lists it", async () => {
  const path = "/usr/bin/athm";
  assert.match(await says(path, "linux", path), /install\.sh --to \/usr\/bin,/);
  const list = "/var/lib/dpkg/info/athm.list";
  assert.match(await says(path, "linux", path, list), /as a Debian package\nupdate: sudo apt/);
});

Deno.test("update: recommends git pull when run from source", async () => {
  const selfCommand = () => ["deno", "run", "main.ts"];
  const system = testSystem({ system: { selfCommand } });
  assert.equal(await run(["update"], system), 0);
  assert.match(system.captured.out, /from a checkout\nupdate: git pull\n$/);
});
