// Invalid sections of the AWS files: each is named with the reason, and none blocks the others.
import assert from "node:assert/strict";
import { run } from "../../src/program.ts";
import { readAwsFiles } from "../../src/migration/aws_files.ts";
import { testSystem } from "../support/test_system.ts";

const config = "/home/ann/.aws/config";
const credentials = "/home/ann/.aws/credentials";
const role = "role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment\n";
const keys = (n: number) =>
  `aws_access_key_id = AKIAIOSFODNN7EXAMPL${n}\naws_secret_access_key = a/secret\n`;

async function imported(line: string, path: string, content: string | Uint8Array) {
  const system = testSystem();
  system.files.put(path, content);
  const code = await run(line.split(" "), system);
  return { code, said: system.captured.said.join("\n"), out: system.captured.out };
}

Deno.test("import aws-config names every section that it leaves out, and imports the rest", async () => {
  const text = [
    `[default]\nregion = eu-west-1`,
    `[profile one]\n${role}`,
    `[profile __proto__]\n${role}`,
    `[profile constructor]\n${role}`,
    `[profile es\u001bcape]\n${role}`,
    `[profile \u202eback]\n${role}`,
    `[profile nul]\n${role}ca_bundle = /a\0b`,
    `[profile two words]\n${role}`,
    `[bare]\n${role}`,
    `[profile open\n${role}`,
    `[profile nothing]`,
    `[services s3]\ns3 =\n  endpoint_url = https://s3.example`,
    `[plugins]\nx = y`,
    `[profile last]\n${role}`,
  ].join("\n");
  const { code, said } = await imported("import aws-config", config, text);
  assert.equal(code, 1);
  for (const name of ["one", "last"]) {
    assert.match(said, new RegExp(`^athm: imported ${name}$`, "m"));
  }
  const skipped: Readonly<Record<string, RegExp>> = {
    "default": /only settings/,
    "__proto__": /that AWS SDKs cannot read/,
    "constructor": /that AWS SDKs cannot read/,
    "es?cape": /name with control characters/,
    "?back": /name with control characters/,
    "nul": /contains control characters/,
    "two words": /AWS SDKs ignore/,
    "bare": /is not a profile/,
    "profile open": /without a closing bracket/,
    "nothing": /no settings/,
    "services s3": /only settings/,
    "plugins": /is not a profile/,
  };
  for (const [name, why] of Object.entries(skipped)) {
    const line = said.split("\n").find((each) => each.startsWith(`athm: skipped ${name}: `));
    assert.match(line ?? said, why, name);
  }
  assert.match(said, /^athm: 2 imported, 12 skipped$/m);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(said, /[\x00\x1b\u202e]/);
});

Deno.test("import aws-config: a profile based on a skipped section reports why", async () => {
  const text = `[profile two words]\n${role}\n[profile toString]\n${role}` +
    `[profile a]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = toString\n`;
  const { said } = await imported("import aws-config", config, text);
  assert.match(
    said,
    /^athm: skipped a: uses "toString", which has a name that AWS SDKs cannot read/m,
  );
});

Deno.test("import aws-config: invalid UTF-8 only affects its own section", async () => {
  const latin = Uint8Array.of(
    ...new TextEncoder().encode(`[profile a]\n${role}# M`),
    0xfc,
    ...new TextEncoder().encode(`ller\n[profile b]\n${role}ca_bundle = /M`),
    0xfc,
    ...new TextEncoder().encode(`ller\n[profile c]\n${role}`),
  );
  const { code, said } = await imported("import aws-config", config, latin);
  assert.equal(code, 1);
  assert.match(said, /imported a\nathm: imported c\nathm: skipped b: contains control characters/);
});

Deno.test("import aws-credentials names every section that it leaves out", async () => {
  const text =
    `[one]\n${keys(1)}[constructor]\n${keys(2)}[__proto__]\n${keys(3)}[plain]\nregion = x` +
    `\n[e\u009bf]\n${keys(4)}[temporary]\n${keys(5)}aws_session_token = t\n[two]\n${
      keys(6)
    }[empty]\n`;
  const { code, said } = await imported("import aws-credentials", credentials, text);
  assert.equal(code, 1);
  const skipped = ["constructor", "__proto__", "plain", "e?f", "temporary", "empty"];
  for (const name of skipped) {
    assert.ok(said.includes(`athm: skipped ${name}: `), `${name}: ${said}`);
  }
  assert.match(said, /^athm: imported one\nathm: imported two$/m);
  const some = await imported("import aws-credentials two constructor", credentials, text);
  assert.match(
    some.said,
    /^athm: imported two\nathm: skipped constructor: [^\n]+\nathm: 1 imported, 1/m,
  );
});

Deno.test("more than 5,000 sections are read, and planned in seconds", async () => {
  const system = testSystem();
  const text = Array.from({ length: 6_000 }, (_, n) => `[profile p${n}]\n${role}`).join("");
  system.files.put(config, text);
  system.files.put(
    credentials,
    Array.from({ length: 6_000 }, (_, n) => `[k${n}]\n${keys(1)}`).join(""),
  );
  assert.equal((await readAwsFiles(system)).config.size, 6_000);
  assert.equal(await run(["import", "aws-config", "--dry-run"], system), 0);
  assert.equal(await run(["import", "aws-credentials", "--dry-run"], system), 0);
  assert.equal(system.captured.out.match(/^(p|k)\d+/gm)?.length, 12_000);
});
