/**
 * Differences between systems: docs/platforms.md lists them all, and their pure parts are tested here.
 */
import assert from "node:assert/strict";
import { programsNamed } from "../../src/doctor/program.ts";
import { askCommand } from "../../src/session/sign_in/command.ts";
import { storeHome } from "../../src/store/files/home.ts";
import { keychainOf } from "../../src/store/custody/keychain.ts";
import { platforms } from "../../src/system/platforms.ts";
import type { Platform } from "../../src/system/system.ts";
import { unattended } from "../../src/system/unattended.ts";
import { Failure } from "../../src/model/failure.ts";
import { testSystem } from "../support/test_system.ts";

const root = new URL("../../", import.meta.url);
const document = Deno.readTextFileSync(new URL("docs/platforms.md", root));
const all: readonly Platform[] = ["linux", "darwin", "windows"];

function* sources(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    if (entry.isDirectory) yield* sources(`${folder}${entry.name}/`);
    else if (entry.name.endsWith(".ts")) yield folder + entry.name;
  }
}

/** A file that depends on the system, other than through the common table. */
function decides(path: string): boolean {
  const text = Deno.readTextFileSync(new URL(path, root));
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    .replaceAll("platforms[platform]", "").replaceAll("platforms[system.platform]", "");
  return /platform\w*\)? *[!=]==|\[(system\.)?platform\]|programs\[platform|Record<Platform|windows: *"/
    .test(code);
}

Deno.test("platforms: the document names exactly the files that depend on the system", () => {
  const named = new Set(Array.from(document.matchAll(/`(src\/[\w/]+\.ts)`/g), ([, path]) => path));
  // It only names the system that athm runs on.
  const plain = ["src/system/deno/platform.ts"];
  const found = [...sources("src/")].filter((path) => decides(path) && !plain.includes(path));
  assert.ok(found.length > 10, `${found}`);
  assert.deepEqual(found.filter((path) => !named.has(path)), []);
  for (const path of named) assert.ok(Deno.statSync(new URL(path ?? "", root)).isFile, path);
});

/** A machine of this system that records helper programs. */
function machine(platform: Platform, env: Record<string, string> = {}) {
  const helped: (readonly string[])[] = [];
  const base = testSystem({ env, system: { platform } });
  const system = {
    ...base,
    children: {
      ...base.children,
      help: ({ command, args }: { command: string; args: readonly string[] }) => {
        helped.push([command, ...args]);
        return Promise.resolve({ code: 0, stdout: "printed" });
      },
    },
  };
  return { system, helped };
}

Deno.test("platforms: the store's folder", () => {
  const env = {
    HOME: "/home/ann",
    LOCALAPPDATA: "C:\\Users\\ann\\AppData\\Local",
    XDG_DATA_HOME: "/data",
  };
  const at = (platform: Platform) => storeHome(machine(platform, env).system);
  assert.equal(at("linux"), "/data/athm");
  assert.equal(at("darwin"), "/home/ann/Library/Application Support/athm");
  assert.match(at("windows"), /^C:\\Users\\ann\\AppData\\Local.athm$/);
});

Deno.test("platforms: the system's shell runs a command line as one argument", async () => {
  const line = `print "a code" && echo 'x'`;
  for (
    const [platform, command] of [
      ["linux", ["/bin/sh", "-c", line]],
      ["darwin", ["/bin/sh", "-c", line]],
      ["windows", ["cmd.exe", "/d", "/c", line]],
    ] as const
  ) {
    const { system, helped } = machine(platform);
    assert.equal(
      await askCommand(system, line, "--mfa-command", { set: {}, unset: [] }),
      "printed",
    );
    assert.deepEqual(helped, [command]);
  }
});

Deno.test("platforms: a subshell is the user's own shell, if known", () => {
  const shell = (platform: Platform, env: Record<string, string>) =>
    platforms[platform].subshell({ get: (name) => env[name] });
  const env = { SHELL: "/bin/zsh", COMSPEC: "C:\\Windows\\cmd.exe" };
  assert.deepEqual(all.map((each) => shell(each, env)), ["/bin/zsh", "/bin/zsh", env.COMSPEC]);
  assert.deepEqual(all.map((each) => shell(each, {})), ["/bin/sh", "/bin/sh", "cmd.exe"]);
});

Deno.test("platforms: finds programs as the system's shell does", () => {
  const find = (platform: Platform, path: string, files: readonly string[], more = {}) => {
    const system = testSystem({ env: { PATH: path, ...more }, system: { platform } });
    for (const file of files) system.files.put(file, "", 0o755);
    return programsNamed(system, "athm");
  };
  assert.deepEqual(find("linux", "/a:/b:", ["/b/athm"]), ["/b/athm"]);
  assert.deepEqual(find("linux", "/a;/b", ["/b/athm"]), []);
  assert.deepEqual(find("windows", "/a;/b", ["/b/athm.EXE"]), ["/b/athm.EXE"]);
  assert.deepEqual(find("windows", "/a", ["/a/athm.PS1"], { PATHEXT: ".PS1" }), ["/a/athm.PS1"]);
  assert.deepEqual(find("windows", "/a", ["/a/athm"]), []);
});

Deno.test("platforms: each has its own keychain", () => {
  const kinds = all.map((platform) => keychainOf(machine(platform).system).kind);
  assert.deepEqual(kinds, ["secret-service", "macos", "dpapi"]);
});

Deno.test("platforms: unattended, starts no helper that may show a window", async () => {
  const ask = { command: "x", args: [], set: {}, unset: [], seconds: 1, bytes: 1 };
  for (const platform of all) {
    const { system, helped } = machine(platform);
    const alone = unattended({ ...system, terminal: { ...system.terminal, canAsk: true } });
    assert.equal(alone.terminal.canAsk, false);
    assert.equal(await alone.dialog.canAsk(), false);
    const asked = await alone.children.help(ask).catch((error) => error);
    assert.equal(asked instanceof Failure && asked.code === "needs-person", platform !== "windows");
    assert.equal(helped.length, platform === "windows" ? 1 : 0);
  }
});
