// Role profiles of ~/.aws/config: their bases, their order, and what is not imported.

import assert from "node:assert/strict";
import fc from "fast-check";
import { nameKey, parseName } from "../../src/model/names.ts";
import type { Profile } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { mergedSections, planAwsConfig } from "../../src/migration/aws_config.ts";
import { readAwsFiles } from "../../src/migration/aws_files.ts";
import { legalName, legalNames } from "../../src/migration/names.ts";
import { rosterOf } from "../../src/migration/plan.ts";
import { anyCharacter } from "../support/any_character.ts";
import { testSystem } from "../support/test_system.ts";

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const mfa = "arn:aws:iam::123456789012:mfa/ann";

async function planned(
  config: string,
  { credentials = "", has = [], prefix = "", wanted }: {
    credentials?: string;
    has?: readonly Profile[];
    prefix?: string;
    wanted?: readonly string[];
  } = {},
) {
  const system = testSystem();
  system.files.put("/home/ann/.aws/config", config);
  system.files.put("/home/ann/.aws/credentials", credentials);
  const files = await readAwsFiles(system);
  const names = legalNames([...mergedSections(files).keys()], prefix);
  const plan = planAwsConfig(files, names, rosterOf(has), {
    prefix,
    ...wanted ? { wanted } : {},
  });
  const profiles = new Map(plan.incoming.map((each) => [each.from, each.profile]));
  const why = new Map(plan.skipped.map((each) => [each.from, each]));
  return { plan, profiles, why };
}

const keys = (name: string, settings: Partial<Profile> = {}): Profile => ({
  name,
  source: { kind: "keys", accessKeyId: "AKIA", secretAccessKey: new Secret("s") },
  roleArns: [],
  role: {},
  network: {},
  ...settings,
});

const keyPair = "[work]\naws_access_key_id = A\naws_secret_access_key = B\n";

Deno.test("a base with keys in the file is the AWS profile, else athm's profile", async () => {
  const config = `[profile dev]\nrole_arn = ${role("dev")}\nsource_profile = work\n`;
  const fromFile = await planned(config, { credentials: keyPair });
  assert.deepEqual(fromFile.profiles.get("dev")?.source, { kind: "ambient", awsProfile: "work" });
  const fromAthm = await planned(config, { credentials: keyPair, has: [keys("work")] });
  assert.deepEqual(fromAthm.profiles.get("dev")?.source, { kind: "profile", from: "work" });
  // AWS's names differ by case: this one may have another key.
  const otherCase = await planned(config, { credentials: keyPair, has: [keys("Work")] });
  assert.deepEqual(otherCase.profiles.get("dev")?.source, { kind: "ambient", awsProfile: "work" });
  const prefixed = await planned(config, { has: [keys("x-work")], prefix: "x-" });
  assert.deepEqual(prefixed.profiles.get("dev")?.source, { kind: "profile", from: "x-work" });
  assert.equal(prefixed.profiles.get("dev")?.name, "x-dev");
});

Deno.test("a base whose name in athm may be another section's is not guessed", async () => {
  const on = (base: string) =>
    `[profile dev]\nrole_arn = ${role("dev")}\nsource_profile = ${base}\n`;
  const key = (name: string) =>
    `[${name}]\naws_access_key_id = A\naws_secret_access_key = ${name}\n`;
  const has = [keys("team-x"), keys("team-x-2")];
  // With its keys in the file, the AWS profile itself is exact.
  const both = { credentials: key("team/x") + key("team-x"), has };
  const slash = await planned(on("team/x"), both);
  assert.deepEqual(slash.profiles.get("dev")?.source, { kind: "ambient", awsProfile: "team/x" });
  const dash = await planned(on("team-x"), both);
  assert.deepEqual(dash.profiles.get("dev")?.source, { kind: "profile", from: "team-x" });
  // Without them, nothing shows which of the two it was.
  const gone = await planned(on("team/x"), { has });
  assert.equal(gone.profiles.get("dev"), undefined);
  assert.deepEqual(gone.why.get("dev"), {
    from: "dev",
    why: 'uses "team/x", which may be team-x or another profile of athm',
    failed: true,
  });
  const only = await planned(on("team/x"), { has: [keys("team-x")] });
  assert.deepEqual(only.profiles.get("dev")?.source, { kind: "profile", from: "team-x" });
});

Deno.test("MFA is set only on a profile with a key", async () => {
  const config = `[profile dev]\nrole_arn = ${role("dev")}\nsource_profile = work\n` +
    `mfa_serial = ${mfa}\n[profile deep]\nrole_arn = ${role("deep")}\nsource_profile = dev\n` +
    `mfa_serial = ${mfa}\n`;
  const fromFile = await planned(config, { credentials: keyPair });
  assert.equal(fromFile.profiles.get("dev")?.role.mfaSerial, mfa);
  // The base profile uses it, and temporary credentials cannot use MFA again.
  assert.equal(fromFile.profiles.get("deep")?.role.mfaSerial, undefined);
  assert.deepEqual(fromFile.profiles.get("deep")?.source, { kind: "profile", from: "dev" });

  const own = await planned(config, { has: [keys("work")] });
  assert.equal(own.profiles.get("dev")?.source.kind, "keys");
  assert.equal(own.profiles.get("dev")?.role.mfaSerial, mfa);

  const shown = await planned(config, { has: [keys("work", { role: { mfaSerial: mfa } })] });
  assert.deepEqual(shown.profiles.get("dev")?.source, { kind: "profile", from: "work" });
  assert.equal(shown.profiles.get("dev")?.role.mfaSerial, undefined);

  const roleBelow = keys("work", { roleArns: [role("first")] });
  const { why } = await planned(config, { has: [roleBelow] });
  assert.match(why.get("dev")?.why ?? "", /has an mfa_serial but uses temporary credentials/);
  assert.equal(why.get("dev")?.failed, true);
});

Deno.test("a profile that calls another program is imported unchanged, with its role", async () => {
  const { profiles } = await planned(
    `[profile proc]\ncredential_process = p\n` +
      `[profile inst]\nrole_arn = ${role("a")}\ncredential_source = Ec2InstanceMetadata\n` +
      `[profile web]\nrole_arn = ${role("a")}\nweb_identity_token_file = t\n` +
      `[profile self]\nrole_arn = ${role("a")}\nsource_profile = self\n`,
  );
  for (const awsProfile of ["proc", "inst", "web", "self"]) {
    assert.deepEqual(profiles.get(awsProfile)?.source, { kind: "ambient", awsProfile });
    assert.deepEqual(profiles.get(awsProfile)?.roleArns, []);
  }
});

Deno.test("a missing base is not an error, a broken one is", async () => {
  const { why } = await planned(
    `[default]\nregion = eu-west-1\n[sso-session s]\nsso_region = a\n[services v]\nsts =\n  a = b\n` +
      `[profile sso]\nsso_session = s\n[profile old]\nsso_start_url = https://x\n` +
      `[profile keyed]\naws_access_key_id = A\n` +
      `[profile bare]\nrole_arn = ${
        role("a")
      }\n[profile arn]\nrole_arn = x\nsource_profile = keyed\n` +
      `[profile long]\nrole_arn = ${
        role("a")
      }\nsource_profile = keyed\nduration_seconds = 99999\n` +
      `[profile here]\nrole_arn = ${role("a")}\nsource_profile = keyed\nregion = nowhere!\n`,
  );
  const failed = Object.fromEntries([...why].map(([from, each]) => [from, each.failed]));
  const broken = { bare: true, arn: true, long: true, here: true };
  assert.deepEqual(failed, { default: false, sso: false, old: false, keyed: false, ...broken });
  for (const name of ["sso", "old"]) {
    const text = "has no Identity Center account and role, so it has no credentials";
    assert.equal(why.get(name)?.why, text);
  }
});

Deno.test("Identity Center profiles take the region from a start URL that names it", async () => {
  const where = "sso_account_id = 123456789012\nsso_role_name = Admin\n";
  const url = "https://ssoins-1.portal.eu-central-1.app.aws";
  const { profiles } = await planned(
    `[profile a]\nsso_start_url = ${url}/start\n${where}` +
      `[profile b]\nsso_start_url = ${url}\nsso_region = us-east-1\n${where}`,
  );
  for (const [name, region] of [["a", "eu-central-1"], ["b", "us-east-1"]] as const) {
    const source = profiles.get(name)?.source;
    assert.ok(source?.kind === "identity-center");
    assert.deepEqual([source.startUrl, source.region], [url, region]);
  }
});

Deno.test("Identity Center profiles take the portal of their sso-session, or their own", async () => {
  const where = "sso_account_id = 123456789012\nsso_role_name = Admin\n";
  const old = "sso_start_url = https://a.awsapps.com/start/#\nsso_region = eu-west-1\n";
  const { profiles, why } = await planned(
    `[sso-session s]\nsso_start_url = https://a.awsapps.com/start\nsso_region = eu-west-1\n` +
      `[sso-session half]\nsso_region = eu-west-1\n` +
      `[profile new]\nsso_session = s\n${where}[profile old]\n${old}${where}` +
      `[profile half]\nsso_session = half\n${where}[profile lost]\nsso_session = none\n${where}` +
      `[profile role]\nsso_session = s\nsso_account_id = 123456789012\n` +
      `[profile number]\nsso_session = s\nsso_account_id = 12\nsso_role_name = Admin\n` +
      `[profile above]\nrole_arn = ${role("a")}\nsource_profile = new\n` +
      `[profile mfa]\nrole_arn = ${role("a")}\nsource_profile = new\n` +
      `mfa_serial = arn:aws:iam::123456789012:mfa/ann\n`,
  );
  const source = {
    kind: "identity-center",
    startUrl: "https://a.awsapps.com/start",
    region: "eu-west-1",
    accountId: "123456789012",
    roleName: "Admin",
  };
  assert.deepEqual(profiles.get("new")?.source, source);
  assert.deepEqual(profiles.get("old")?.source, source);
  assert.deepEqual(profiles.get("above")?.source, { kind: "profile", from: "new" });
  const reasons = Object.fromEntries([...why].map(([from, each]) => [from, each.why]));
  assert.match(reasons["half"] ?? "", /^lacks sso_start_url$/);
  assert.match(reasons["lost"] ?? "", /^uses the sso-session "none", which is not in the file$/);
  assert.match(reasons["role"] ?? "", /^lacks sso_role_name$/);
  assert.match(reasons["number"] ?? "", /^sso_account_id is not a 12-digit account ID/);
  assert.match(reasons["mfa"] ?? "", /has an mfa_serial but uses temporary credentials/);
});

Deno.test("requested profiles bring their base roles", async () => {
  const chain = ["a", "b", "c"].map((name, n) =>
    `[profile ${name}]\nrole_arn = ${role(name)}\nsource_profile = ${["b", "c", "work"][n]}\n`
  ).join("");
  const { plan } = await planned(chain, { credentials: keyPair, wanted: ["b"] });
  assert.deepEqual(plan.incoming.map(({ from }) => from), ["c", "b"]);
});

Deno.test("any graph: terminates, reports each name once, and lists bases first", async () => {
  const names = [..."abcdefghijklmnop"];
  const graph = fc.array(fc.nat(names.length + 1), { minLength: 16, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(graph, async (bases) => {
      const config = names.map((name, n) =>
        `[profile ${name}]\nrole_arn = ${role(name)}\nsource_profile = ${
          names[bases[n] ?? 0] ?? "work"
        }\n`
      ).join("");
      const { plan } = await planned(config, { credentials: keyPair });
      const told = [...plan.incoming, ...plan.skipped].map(({ from }) => from);
      assert.deepEqual(told.filter((each) => each !== "work").sort(), names);
      const before = new Set<string>();
      for (const { name, profile } of plan.incoming) {
        if (profile?.source.kind === "profile") assert.ok(before.has(profile.source.from));
        before.add(name);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("a chain of thousands is an error", async () => {
  const config = Array.from(
    { length: 4000 },
    (_, n) => `[profile p${n}]\nrole_arn = ${role("r")}\nsource_profile = p${n + 1}\n`,
  ).join("");
  const { plan } = await planned(config);
  assert.equal(plan.incoming.length, 0);
  assert.ok(plan.skipped.every(({ failed }) => failed));
});

Deno.test("any text becomes a unique valid name", () => {
  const text = fc.oneof(fc.string({ unit: anyCharacter }), fc.stringMatching(/^[a-cA-C-]{0,70}$/));
  fc.assert(fc.property(fc.array(text), fc.constantFrom("", "p-", "X"), (texts, prefix) => {
    const names = legalNames(texts, prefix);
    const all = [...names.values()];
    for (const name of all) parseName(name);
    assert.equal(new Set(all.map(nameKey)).size, all.length);
    assert.deepEqual([...names.keys()].sort(), [...new Set(texts)].sort());
  }));
  assert.equal(legalName("my/team prod"), "my-team-prod");
  assert.equal(legalName("-.x"), "x");
  assert.equal(legalName("***"), "profile");
});

Deno.test("any files: parsed within the limits, or rejected", async () => {
  const piece = fc.constantFrom(
    "[profile a]",
    "[a]",
    "[__proto__]",
    "[profile toString]",
    "[sso-session x]",
    "role_arn = arn:aws:iam::123456789012:role/r",
    "source_profile = a",
    "__proto__ = x",
    "s3 =",
    "  a = b",
    "=",
    "[",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(piece, fc.string())), async (lines) => {
      const text = lines.join("\n");
      const plan = await planned(text, { credentials: text }).catch((error) => {
        assert.equal(error.name, "Failure", String(error?.stack));
        return undefined;
      });
      for (const { profile } of plan?.plan.incoming ?? []) parseName(profile?.name ?? "");
    }),
    { numRuns: 500 },
  );
});
