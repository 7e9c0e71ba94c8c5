// Copying to the clipboard: which programs are tried, and that only their standard input has the text.

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { storeVariables } from "../../src/model/variables.ts";
import type { HelperSpec } from "../../src/system/children.ts";
import { copyToClipboard } from "../../src/system/clipboard.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import type { Platform } from "../../src/system/system.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

const text = "https://example.com/?SigninToken=canary";

interface Machine {
  readonly platform?: Platform;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes by program; 127: not installed. */
  readonly codes?: Readonly<Record<string, number>>;
}

/** The programs that were tried. */
async function copied({ platform = "linux", env = {}, codes = {} }: Machine): Promise<string[]> {
  const { env: variables, children } = testSystem({ env });
  const tried: string[] = [];
  const help = (spec: HelperSpec) => {
    const { title = "", command, input, args, unset } = spec;
    tried.push(title);
    assert.equal(input, text);
    assert.ok(!JSON.stringify([command, args, spec.set]).includes("canary"));
    assert.ok(storeVariables.every((name) => unset.includes(name)));
    const code = codes[title] ?? 0;
    return code === 127 && platform === "windows"
      ? Promise.reject(new Failure("command-not-found", "not found"))
      : Promise.resolve({ code, stdout: "" });
  };
  await copyToClipboard(
    { platform, env: variables, children: { ...children, help } },
    new Secret(text),
  );
  return tried;
}

Deno.test("clipboard: uses the desktop's own program first, then the next one that is there", async () => {
  const both = { WAYLAND_DISPLAY: "wayland-0", DISPLAY: ":0" };
  const table: readonly (readonly [Machine, readonly string[]])[] = [
    [{ env: both }, ["wl-copy"]],
    [{ env: both, codes: { "wl-copy": 127 } }, ["wl-copy", "xclip"]],
    [{ env: { DISPLAY: ":0" }, codes: { xclip: 127 } }, ["xclip", "xsel"]],
    [{ env: { ...both, WSL_DISTRO_NAME: "Debian" } }, ["clip.exe"]],
    [{ platform: "darwin" }, ["pbcopy"]],
    [{ platform: "windows" }, ["clip.exe"]],
    [{ platform: "windows", codes: { "clip.exe": 127 } }, ["clip.exe", "PowerShell"]],
  ];
  for (const [machine, tried] of table) assert.deepEqual(await copied(machine), tried);
});

Deno.test("clipboard: without a desktop or a program, the error names the way out", async () => {
  await failsAs("needs-person", copied({}), /^there is no clipboard: /, /^use --print instead$/);
  const none = { xclip: 127, xsel: 127 };
  await failsAs(
    "needs-person",
    copied({ env: { DISPLAY: ":0" }, codes: none }),
    /^no program to copy with: xclip, xsel not found$/,
    /^install xclip, or use --print instead$/,
  );
  await failsAs(
    "needs-person",
    copied({ env: { DISPLAY: ":0" }, codes: { ...none, xclip: 1 } }),
    /^xclip failed \(exit code 1\)$/,
    /^use --print instead$/,
  );
});

Deno.test({
  name: "clipboard: does not wait for a program that keeps serving the clipboard",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "athm-clipboard-" });
    const path = Deno.env.get("PATH") ?? "";
    try {
      // Like xclip: reads everything, and a child with its streams lives on.
      const script = `#!/bin/sh\ncat >'${folder}/copied'\nsleep 5 &\necho $! >'${folder}/pid'\n`;
      await Deno.writeTextFile(`${folder}/xclip`, script, { mode: 0o755 });
      Deno.env.set("PATH", `${folder}:${path}`);
      const env = { get: (name: string) => name === "DISPLAY" ? ":0" : undefined };
      const begun = performance.now();
      await copyToClipboard({ ...denoSystem(), platform: "linux", env }, new Secret(text));
      assert.ok(performance.now() - begun < 4000);
      assert.equal(await Deno.readTextFile(`${folder}/copied`), text);
      Deno.kill(Number(await Deno.readTextFile(`${folder}/pid`)), "SIGKILL");
    } finally {
      Deno.env.set("PATH", path);
      await Deno.remove(folder, { recursive: true });
    }
  },
});
