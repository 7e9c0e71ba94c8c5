// Formats that are parsed as data: dotenv, sections of ~/.aws/credentials, GitHub's environment file.
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { sessionVariables } from "../../src/delivery/environment.ts";
import { dotenv } from "../../src/formats/dotenv.ts";
import { github } from "../../src/formats/github.ts";
import { ini } from "../../src/formats/ini.ts";
import { formats } from "../../src/formats/all_formats.ts";
import { parseCredentials } from "../../src/migration/aws_files.ts";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { sampleSession } from "../support/store_samples.ts";

const session = {
  ...sampleSession(),
  secretAccessKey: new Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCY=="),
  sessionToken: new Secret("IQoJb3JpZ2luX2Vj//+/=="),
};
const set = sessionVariables({ profile: "a.b@c-d", session, region: "eu-west-1", fips: true });
const exported = { name: "a.b@c-d", session, region: "eu-west-1", set, unset: ["AWS_PROFILE"] };

/** Asserts a usage failure that does not quote the value. */
function refuses(value: string, work: () => unknown): void {
  assert.throws(work, (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, "usage");
    assert.ok(value.length < 3 || !error.message.includes(value));
    return true;
  });
}

Deno.test("formats: dotenv prints unquoted lines and rejects values that need quotes", () => {
  const lines = dotenv.print(exported).split("\n");
  assert.deepEqual(lines, [...Object.entries(set).map(([name, value]) => `${name}=${value}`), ""]);
  assert.deepEqual({ ...parseEnv(lines.join("\n")) }, set);
  for (const value of ["a b", "a#b", "$HOME", "'a'", '"', "a\nB=c", "\\", "`x`", "", "ключ"]) {
    refuses(value, () => dotenv.print({ ...exported, set: { A: value } }));
  }
});

Deno.test("formats: the AWS SDK's loader parses the ini section, and no value adds another", async () => {
  const sections = await parseCredentials(ini.print(exported));
  assert.deepEqual([...sections].map(([name, section]) => [name, Object.fromEntries(section)]), [
    ["a.b@c-d", {
      aws_access_key_id: session.accessKeyId,
      aws_secret_access_key: session.secretAccessKey.reveal(),
      aws_session_token: session.sessionToken.reveal(),
      region: "eu-west-1",
    }],
  ]);
  for (const token of ["a\n[b]", "a #b", "a\rb"]) {
    const odd = { ...session, sessionToken: new Secret(token) };
    refuses(token, () => ini.print({ ...exported, session: odd }));
  }
});

/** Parses the file like GitHub's runner: a name, a delimiter, all lines up to that delimiter. */
function readEnvironmentFile(text: string): Map<string, string> {
  const read = new Map<string, string>();
  const lines = text.split("\n");
  assert.equal(lines.pop(), "");
  while (lines.length) {
    const [, name = "", mark] = /^([^=<]+)<<(.+)$/.exec(lines.shift() ?? "") ?? [];
    assert.ok(mark);
    const end = lines.indexOf(mark);
    assert.ok(end >= 0);
    read.set(name, lines.splice(0, end + 1).slice(0, -1).join("\n"));
  }
  return read;
}

Deno.test("formats: every value survives GitHub's environment file, and none sets another variable", () => {
  const parts = fc.constantFrom("\n", "A<<B", "B", "athm_", "NODE_OPTIONS=x", "\r", "%0A", "x");
  const values = fc.array(parts).map((all) => all.join(""));
  fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_]{1,9}$/), values), (all) => {
    const text = github.file?.print({ ...exported, set: all }, "athm_0123456789abcdef") ?? "";
    assert.deepEqual(Object.fromEntries(readEnvironmentFile(text)), { ...all });
  }));
});

Deno.test("formats: github masks the three values, one per line", () => {
  const odd = { ...session, sessionToken: new Secret("a%b\r\n::set-env name=X::y") };
  assert.deepEqual(github.print({ ...exported, session: odd }).split("\n"), [
    `::add-mask::${session.accessKeyId}`,
    `::add-mask::${session.secretAccessKey.reveal()}`,
    "::add-mask::a%25b%0D%0A::set-env name=X::y",
    "",
  ]);
});

Deno.test("formats: each format removes its variables or explains why it cannot", () => {
  for (const { name, remove } of formats) {
    if (typeof remove === "function") assert.match(remove(["AWS_X"]), /AWS_X/, name);
    else assert.match(remove.why, /^[A-Za-z][^.\n]{10,}[^.\n]$/, name);
  }
});
