/** Shells other than sh load athm's output: every text comes back unchanged, and none of it runs. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { credentialVariables, sessionVariables } from "../../src/delivery/environment.ts";
import { sessionVariableNames } from "../../src/delivery/environment.ts";
import { fish } from "../../src/formats/fish.ts";
import type { Format } from "../../src/formats/format.ts";
import { nu } from "../../src/formats/nu.ts";
import { powershell } from "../../src/formats/powershell.ts";
import { nushell } from "../../scripts/test/peers.ts";
import { anyCharacter } from "../support/any_character.ts";
import { missing, peer, unless } from "../support/programs.ts";
import { runs, sampleSession } from "../support/store_samples.ts";

interface Shell {
  readonly format: Format;
  readonly path: string;
  readonly skipped: string | undefined;
  readonly args: readonly string[];
  /** A script that loads each file in turn and prints all variables after each, terminated by NUL. */
  readonly script: (files: readonly string[]) => string;
}

const nuPath = peer("nu", `nu/node_modules/${nushell}/bin/nu`);
const env = "/usr/bin/env -0";

const shells: readonly Shell[] = [
  {
    format: fish,
    path: "fish",
    skipped: missing("fish"),
    args: ["--no-config"],
    script: (files) =>
      files.map((file) => `cat ${file} | source\n${env}; printf '=\\0'\n`).join(""),
  },
  {
    format: nu,
    path: nuPath ?? "",
    skipped: nuPath ? undefined : "nu is not installed",
    args: ["--no-config-file"],
    script: (files) =>
      files.map((file) =>
        `open --raw ${file} | from json | load-env\n^${env}; print -n $"=(char nul)"\n`
      ).join(""),
  },
  {
    format: powershell,
    path: "pwsh",
    skipped: missing("pwsh"),
    args: ["-NoProfile", "-NonInteractive", "-File"],
    script: (files) =>
      files.map((file) =>
        `cat ${file} | Out-String | Invoke-Expression\n${env}; [Console]::Write("=\`0")\n`
      ).join(""),
  },
];

/** The variables that athm sets, after each of the texts. */
async function loaded(
  shell: Shell,
  texts: readonly string[],
  before: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>[]> {
  const folder = await Deno.makeTempDir({ prefix: "athm-shells-" });
  try {
    await Deno.mkdir(`${folder}/work`);
    const files = texts.map((_, index) => `${folder}/${index}`);
    for (const [index, text] of texts.entries()) await Deno.writeTextFile(files[index]!, text);
    await Deno.writeTextFile(`${folder}/script`, shell.script(files));
    const { code, stdout, stderr } = await new Deno.Command(shell.path, {
      args: [...shell.args, `${folder}/script`],
      cwd: `${folder}/work`,
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", HOME: folder, LANG: "C.UTF-8", ...before },
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.equal(code, 0);
    assert.deepEqual([...Deno.readDirSync(`${folder}/work`)], [], "something ran");
    const all = new TextDecoder().decode(stdout).split("=\0").slice(0, -1);
    return all.map((one) =>
      Object.fromEntries(
        one.split("\0").filter((line) => /^(AWS_|ATHM_|KEPT)/.test(line))
          .map((line) => [line.split("=")[0] ?? "", line.replace(/^[^=]*=/, "")]),
      )
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const nasty = [
  "'",
  "''\\''",
  "\\",
  "\\'",
  "a\nb\r\nc ",
  "$(touch ran)`touch ran`${HOME}(touch ran)",
  "';touch ran;'",
  '" + (touch ran) + "',
  "\u2018;touch ran;\u2019\u201a\u201b\u201c\u201d",
  "'@\ntouch ran\n@'",
  "%PATH%!PATH!^&|<>",
  "ключ 🔑",
  "x\x01\x7f\x1b]0;x\x07",
];
const anyText = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 })
  .map((text) => text.replaceAll("\0", "") + "x");
const anySyntax = fc.array(fc.constantFrom(..."'\"\\$`(){};&|<>!*?~#%^@\n \t=-x\u2018\u2019"), {
  minLength: 1,
  maxLength: 30,
}).map((characters) => characters.join("") + "x");
const batch = fc.array(fc.oneof(anyText, anySyntax), { minLength: 60, maxLength: 60 });

for (const shell of shells) {
  const { format, skipped } = shell;
  Deno.test({
    ...unless(skipped, `interop: ${format.name} reads back every text, and runs none of it`),
    fn: async () => {
      await fc.assert(
        fc.asyncProperty(batch, async (more) => {
          // The script prints `=` and NUL after each.
          const values = [...nasty, ...more];
          const session = sampleSession();
          const texts = values.map((value) =>
            format.print({ session, set: { AWS_SESSION_TOKEN: value }, unset: ["AWS_PROFILE"] })
          );
          const seen = await loaded(shell, texts, { AWS_PROFILE: "other" });
          assert.deepEqual(seen, values.map((value) => ({ AWS_SESSION_TOKEN: value })));
        }),
        runs(3),
      );
    },
  });

  Deno.test({
    ...unless(
      skipped,
      `interop: ${format.name} output loads a session, and --unset removes it`,
    ),
    fn: async () => {
      const before = { AWS_PROFILE: "other", AWS_SECURITY_TOKEN: "old", KEPT: "kept" };
      const session = sampleSession();
      const set = sessionVariables({ profile: "x", session, region: "eu-west-1" });
      assert.ok(typeof format.remove === "function");
      const texts = [
        format.print({ session, set, unset: credentialVariables }),
        format.remove(sessionVariableNames),
      ];
      const seen = await loaded(shell, texts, before);
      assert.deepEqual(seen, [{ ...set, KEPT: "kept" }, { KEPT: "kept" }]);
    },
  });
}

Deno.test({
  ...unless(missing("fish"), "interop: fish keeps the user's universal variables and warns"),
  fn: async () => {
    assert.ok(typeof fish.remove === "function");
    const folder = await Deno.makeTempDir({ prefix: "athm-shells-" });
    try {
      await Deno.writeTextFile(`${folder}/unset`, fish.remove(["AWS_PROFILE", "AWS_REGION"]));
      const script = "set -Ux AWS_PROFILE mine; set -g name own; cat unset | source; " +
        "echo $status $AWS_PROFILE $name; set -q AWS_REGION; or echo gone";
      const { stdout, stderr } = await new Deno.Command("fish", {
        args: ["-c", script],
        cwd: folder,
        clearEnv: true,
        env: { PATH: "/usr/bin:/bin", HOME: folder, LANG: "C.UTF-8", AWS_REGION: "inherited" },
      }).output();
      assert.equal(new TextDecoder().decode(stdout), "0 mine own\ngone\n");
      assert.match(
        new TextDecoder().decode(stderr),
        /^athm: warning: AWS_PROFILE is universal and stays set; remove it with set -eU AWS_PROFILE\n$/,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
