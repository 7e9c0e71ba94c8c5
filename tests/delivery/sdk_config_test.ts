/** The config file of a child of a credential server: the user's settings, no credentials. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { sdkConfig } from "../../src/delivery/sdk_config.ts";

/** Parses a config file like botocore, which rejects duplicate sections and keys. */
function strictly(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let settings: Map<string, string> | undefined;
  let last = "";
  for (const line of text.split("\n")) {
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    const [, key, value = ""] = /^([^\s#;=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (section !== undefined) {
      assert.ok(!sections.has(section), `duplicate [${section}]:\n${text}`);
      sections.set(section, settings = new Map());
    } else if (key !== undefined) {
      assert.ok(settings && !settings.has(key.toLowerCase()), `duplicate ${key}:\n${text}`);
      settings.set(last = key.toLowerCase(), value);
    } else if (/^\s+\S/.test(line)) {
      settings?.set(last, `${settings.get(last)}\n${line.trim()}`);
    }
  }
  return sections;
}

const settingsOf = (...lines: readonly string[]) =>
  Object.fromEntries(strictly(sdkConfig(lines.join("\n"), "mine")).get("profile mine") ?? []);

const table: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
  ["no file", [], {}],
  ["[default]", ["[default]", "region = eu-west-1"], { region: "eu-west-1" }],
  ["[profile default]", ["[profile default]", "region = eu-west-1"], { region: "eu-west-1" }],
  ["both, of which [profile default] wins", [
    ...["[default]", "region = eu-west-1", "output = json"],
    ...["[profile default]", "region = eu-west-2"],
  ], { region: "eu-west-2" }],
  ["both the other way round", [
    ...["[profile default]", "region = eu-west-2"],
    ...["[default]", "region = eu-west-1", "output = json"],
  ], { region: "eu-west-2" }],
  ["another profile", ["[profile dev]", "region = eu-west-1"], {}],
  ["keys", [
    ...["[default]", "aws_access_key_id = A", "AWS_SECRET_ACCESS_KEY = s", "region = eu-west-1"],
    ...["role_arn = r", "credential_process = p"],
  ], { region: "eu-west-1" }],
  ["settings under a setting", ["[default]", "s3 =", "  max_queue_size = 9", "region = x"], {
    s3: "\nmax_queue_size = 9",
    region: "x",
  }],
];

for (const [what, lines, settings] of table) {
  Deno.test(`sdk config: the child's profile inherits from ${what}`, () => {
    assert.deepEqual(settingsOf(...lines), settings);
  });
}

Deno.test("sdk config: a duplicate key is written once", () => {
  const text = sdkConfig("[default]\nregion = a\n# why\nRegion = b\n", "mine");
  assert.deepEqual(text.split("[profile mine]\n")[1], "Region = b\n\n");
});

Deno.test("sdk config: SDKs can parse the child's profile, whatever the user's file contains", () => {
  const keys = ["region", "output", "Region", "role_arn", "aws_secret_access_key", "s3"];
  const line = fc.tuple(fc.constantFrom(...keys), fc.constantFrom("=", " = ", ":"), fc.string())
    .map(([key, sign, value]) => `${key}${sign}${value.replaceAll(/[\r\n]/g, "")}`);
  const other = fc.constantFrom("  nested = 1", "# a comment", "", "; another", "[x", "]");
  const section = fc.constantFrom("[default]", "[profile default]", '[profile "default"]', "[a]");
  fc.assert(fc.property(fc.array(fc.oneof(line, other, section)), (lines) => {
    const text = sdkConfig(lines.join("\n"), "mine");
    const own = text.slice(text.indexOf("[profile mine]"));
    const keys = [...strictly(own).get("profile mine") ?? []].map(([key]) => key);
    assert.ok(keys.every((key) => ["region", "output", "s3"].includes(key)), own);
  }));
});
