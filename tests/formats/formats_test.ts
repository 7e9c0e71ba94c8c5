import assert from "node:assert/strict";
import fc from "fast-check";
import {
  credentialVariables,
  sessionVariableNames,
  sessionVariables,
} from "../../src/delivery/environment.ts";
import { json, processDocument } from "../../src/formats/json.ts";
import { quoteSh, sh } from "../../src/formats/shell.ts";
import { formats } from "../../src/formats/all_formats.ts";
import { Secret } from "../../src/model/secret.ts";
import { storeVariables } from "../../src/model/variables.ts";
import { missing, unless } from "../support/programs.ts";
import { anySession, runs, sampleSession } from "../support/store_samples.ts";

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY EXAMPLE";

function exported(value: string) {
  return { session: sampleSession(), set: { AWS_SESSION_TOKEN: value }, unset: ["AWS_PROFILE"] };
}

/** Runs a script with these bytes in a new folder; returns its output and the files it created. */
async function evaluate(
  shell: string,
  script: Uint8Array,
  env: Record<string, string>,
): Promise<{ readonly out: Uint8Array; readonly left: readonly string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "athm-formats-" });
  try {
    await Deno.mkdir(`${folder}/work`);
    await Deno.writeFile(`${folder}/script`, script);
    // As in the help: eval "$(athm aws export example)".
    const { code, stdout, stderr } = await new Deno.Command(shell, {
      args: ["-euc", 'eval "$(cat "$1")"', "sh", `${folder}/script`],
      cwd: `${folder}/work`,
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", ...env },
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.equal(code, 0);
    return { out: stdout, left: Array.from(Deno.readDirSync(`${folder}/work`), (one) => one.name) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One character per byte, for text that is not UTF-8. */
const bytesOf = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));
const textOf = (bytes: Uint8Array) => Array.from(bytes, (one) => String.fromCharCode(one)).join("");

const nasty = [
  "",
  "'",
  "''\\''",
  "\\",
  "\n",
  "-n",
  "$(touch ran)`touch ran`${HOME}",
  "';touch ran;'",
  "!!",
  "~",
  "*",
  "\x01\x7f\x1b]0;x\x07",
  "a\r\nb ",
];
const anyBytes = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes));
const anySyntax = fc.array(fc.constantFrom(..."'\"\\$`(){};&|<>!*?~#\n \t=-x"), { maxLength: 30 })
  .map((characters) => characters.join(""));
const batch = fc.array(fc.oneof(anyBytes, anySyntax), { minLength: 150, maxLength: 150 });

for (const shell of ["sh", "bash", "dash", "zsh", "ksh"]) {
  // A shell on Windows uses other paths and line endings, which this does not test.
  const reason = Deno.build.os === "windows" ? "this is Windows" : missing(shell);

  Deno.test({
    ...unless(reason, `formats: ${shell} restores every byte of a value and executes none of it`),
    fn: async () => {
      await fc.assert(
        fc.asyncProperty(batch, fc.constantFrom("C", "C.UTF-8"), async (more, locale) => {
          const values = [...nasty, ...more];
          const script = values.map((value) =>
            sh.print(exported(value)) + `printf '%s\\0' "$AWS_SESSION_TOKEN"\n`
          ).join("");
          const { out, left } = await evaluate(shell, bytesOf(script), { LC_ALL: locale });
          assert.deepEqual(textOf(out).split("\0"), [...values, ""]);
          assert.deepEqual(left, []);
        }),
        runs(4),
      );
    },
  });

  Deno.test({
    ...unless(reason, `formats: sh output loads a session in ${shell} and removes it again`),
    fn: async () => {
      const before = { AWS_PROFILE: "other", AWS_SECURITY_TOKEN: "old", KEPT: "kept" };
      const grant = { profile: "x", session: sampleSession(secret), region: "eu-west-1" };
      const set = sessionVariables(grant);
      const text = sh.print({ set, unset: credentialVariables });
      const load = await evaluate(shell, new TextEncoder().encode(text + "env -0"), before);
      assert.deepEqual(ours(load.out), { ...set, KEPT: "kept" });
      assert.ok(typeof sh.remove === "function");
      const remove = sh.remove(sessionVariableNames);
      const both = new TextEncoder().encode(text + remove + "env -0");
      assert.deepEqual(ours((await evaluate(shell, both, before)).out), { KEPT: "kept" });
    },
  });
}

/** The variables in the output of `env -0` that matter here. */
function ours(out: Uint8Array): Record<string, string> {
  const lines = new TextDecoder().decode(out).split("\0").filter((line) => line !== "");
  const pairs = lines.map((line) => [line.split("=")[0] ?? "", line.replace(/^[^=]*=/, "")]);
  return Object.fromEntries(pairs.filter(([name]) => /^(AWS_|ATHM_|KEPT)/.test(name ?? "")));
}

Deno.test("formats: sh always quotes a value", () => {
  assert.equal(quoteSh(""), "''");
  assert.equal(quoteSh("a'b"), `'a'\\''b'`);
});

Deno.test("formats: variable names have only uppercase letters and underscores", () => {
  for (const name of [...sessionVariableNames, ...credentialVariables, ...storeVariables]) {
    assert.match(name, /^[A-Z_]+$/);
  }
  const grant = { profile: "x", session: sampleSession(), region: "eu-west-1", fips: true };
  assert.deepEqual(Object.keys(sessionVariables(grant)), sessionVariableNames);
});

Deno.test("formats: every format has a unique name and a help text, and sh is the default", () => {
  assert.equal(formats[0], sh);
  assert.equal(new Set(formats.map(({ name }) => name)).size, formats.length);
  for (const { name, help } of formats) assert.match(`${name}: ${help}`, /^[a-z]+: [^.\n]+[^.\n]$/);
});

Deno.test("formats: the credential_process document has exactly the fields that SDKs read", () => {
  const session = { ...sampleSession(), secretAccessKey: new Secret(secret) };
  const text = processDocument(session);
  assert.deepEqual(JSON.parse(text), {
    Version: 1,
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: secret,
    SessionToken: session.sessionToken.reveal(),
    Expiration: "2026-01-01T01:00:00Z",
  });
  assert.deepEqual(JSON.parse(processDocument({ ...session, account: "012345678901" })), {
    ...JSON.parse(text),
    AccountId: "012345678901",
  });
  assert.equal(json.print({ session, set: {}, unset: [] }), text);
});

Deno.test("formats: the credential_process document is one line of JSON with an Expiration", () => {
  fc.assert(
    fc.property(anySession, (session) => {
      const text = processDocument(session);
      assert.equal(text.indexOf("\n"), text.length - 1);
      const document = JSON.parse(text);
      assert.equal(document.Version, 1);
      assert.equal(document.AccessKeyId, session.accessKeyId);
      assert.equal(document.SecretAccessKey, session.secretAccessKey.reveal());
      assert.equal(document.SessionToken, session.sessionToken.reveal());
      assert.equal(document.AccountId, session.account);
      assert.match(document.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(Date.parse(document.Expiration), Math.floor(session.expires / 1000) * 1000);
    }),
    runs(200),
  );
});
