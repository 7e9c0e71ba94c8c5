// `athm import file`: profiles of every source there and back, what a hostile file cannot do, and
// signatures, serial numbers and downloads.

import assert from "node:assert/strict";
import fc from "fast-check";
import { exportedFields, fieldsOf, profileOf } from "../../src/commands/import/team/profiles.ts";
import type { Profile, Source } from "../../src/model/profile.ts";
import { complaintAbout, parseTeamFile } from "../../src/migration/team/parse.ts";
import { printTeamFile } from "../../src/migration/team/print.ts";
import { canonical, fingerprint } from "../../src/session/sign_in/fingerprint.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { sources } from "../../src/sources/all_sources.ts";
import { withoutPrivate } from "../../src/sources/team_fields.ts";
import { athm } from "../support/store_program.ts";
import { keysProfile } from "../support/store_samples.ts";
import { disk, file, imports, portal, roleArn, stored, team } from "../support/team_home.ts";
import { arbitraryProfile } from "../support/team_profiles.ts";
import { testSystem } from "../support/test_system.ts";

// There and back.

Deno.test("import file: an exported profile of any source is equal after the import", async () => {
  for (const { kind } of sources) {
    const arbitrary = arbitraryProfile(kind);
    if (!arbitrary) continue;
    await fc.assert(
      fc.asyncProperty(arbitrary, async (profile) => {
        const system = testSystem();
        const fields = await exportedFields(profile, system);
        assert.ok(typeof fields === "object", `${kind}: ${fields}`);
        const printed = printTeamFile(new Map([["dev", fields]]), 1);
        const { entries } = parseTeamFile(new TextEncoder().encode(printed), file);
        const again = await profileOf(entries[0]!, system, complaintAbout(file));
        assert.equal(canonical(again), canonical(profile));
      }),
      { numRuns: 60 },
    );
  }
});

Deno.test("import file: no source's sample loses a setting, or is left out with the reason", () => {
  const whys: Record<string, string> = {};
  for (const { kind, sample } of sources) {
    const profile = { name: "dev", source: sample(), roleArns: [], role: {}, network: {} };
    const fields = fieldsOf(profile);
    if (typeof fields === "string") {
      whys[kind] = fields;
      continue;
    }
    // A source's sample has every setting, and each must be in the file under some name.
    const settings = Object.keys(withoutPrivate(profile.source)).filter((key) => key !== "command");
    const switches = ["ambient", "aws-login"].includes(kind) ? 1 : 0;
    assert.equal(fields.size, settings.length - 1 + switches, kind);
  }
  assert.match(whys["keys"] ?? "", /secret key/);
});

Deno.test("import file: export leaves out secrets, commands and what belongs to one machine", async () => {
  const files = disk();
  const store = await openOrCreateStore(testSystem({ files }));
  const base = { roleArns: [roleArn("a")], role: {}, network: {} };
  const saml = { kind: "saml", via: "form", url: "https://idp.example/sso" } as const;
  const { Secret } = await import("../../src/model/secret.ts");
  const profiles: readonly Profile[] = [
    keysProfile("key"),
    { ...base, name: "run", source: { kind: "saml", via: "command", command: "print-it" } },
    {
      ...base,
      name: "mfa",
      source: { kind: "ambient" },
      role: { mfaSerial: "arn:aws:iam::012345678901:mfa/ann", mfaCommand: "print-code" },
    },
    { ...base, name: "ca", source: { kind: "ambient" }, network: { caBundle: "/etc/ca.pem" } },
    { ...base, name: "token", source: { kind: "web-identity", from: "file:/etc/token" } },
    {
      ...base,
      name: "kept",
      source: {
        ...saml,
        password: new Secret("the-password"),
        passwordOrigin: "https://idp.example",
        choices: [{ question: "q", answer: "the-answer" }],
      },
    },
  ];
  for (const profile of profiles) await store.saveProfile(profile, { replace: false });
  const { code, out, err } = await athm("import file --export", files);
  assert.equal(code, 0);
  assert.match(out, /^athm: 1\nserial: 20260101\d{6}\nprofiles:\n {2}kept:\n {4}saml-url: /);
  assert.doesNotMatch(out, /password|answer|print|ca\.pem|etc|AKIA/);
  for (const name of ["key", "run", "mfa", "ca", "token"]) {
    assert.match(err, new RegExp(`^athm: left out ${name} \\(.+\\): .+$`, "m"));
  }
  assert.equal((await athm("import file --export kept key", files)).code, 1);
  assert.equal((await athm("import file --export kept --yes", files)).code, 2);
  assert.match((await athm("import file --export kepd", files)).err, /did you mean "kept"\?/);
});

// What a file must not contain.

const hostile: readonly (readonly [fields: string, says: RegExp])[] = [
  [
    `${portal()}, mfa-command: "curl evil"`,
    /line 4: mfa-command of dev is not allowed: it would run a command/,
  ],
  ["saml-command: curl evil", /line 4: saml-command of dev is not allowed: it would run a command/],
  [
    "web-identity: 'command:curl evil', role-arn: 'arn:aws:iam::012345678901:role/a'",
    /line 4: dev: a file cannot have this source: its identity token comes from a command/,
  ],
  [
    "web-identity: 'file:/home/ann/.ssh/id_ed25519', role-arn: 'arn:aws:iam::012345678901:role/a'",
    /its identity token comes from a file of one machine/,
  ],
  [
    "web-identity: 'env:GITHUB_TOKEN', role-arn: 'arn:aws:iam::012345678901:role/a'",
    /its identity token comes from a variable of one machine/,
  ],
  ["credential_process: curl evil", /line 4: unknown field "credential_process" of dev/],
  ["sign-command: curl evil", /line 4: unknown field "sign-command" of dev/],
  ["from-env: true", /from-env of dev is not allowed: a file holds no keys/],
  [
    `${portal()}, ca-bundle: /etc/passwd`,
    /ca-bundle of dev is not allowed: it is a file of one machine/,
  ],
  [
    "from: me, role-arn: 'arn:aws:iam::012345678901:role/a', policy: /etc/passwd",
    /policy of dev must be the JSON text/,
  ],
  [
    "from: me, endpoint-url: 'http://evil.example'",
    /line 4: dev: endpoint-url: plain http is only allowed for loopback/,
  ],
  [
    "from: me, endpoint-url: 'https://a:b@evil.example'",
    /line 4: dev: endpoint-url must not contain a user name/,
  ],
  [`${portal()}, sso-endpoint-url: 'javascript:x'`, /sso-endpoint-url is not an http or https URL/],
  ["saml-url: 'http://evil.example/'", /saml-url: plain http is only allowed for loopback/],
  [
    "saml-url: 'https://idp.example/', saml-via: command",
    /dev: saml-via command requires saml-command/,
  ],
  ["from: me, __proto__: x", /line 4: unknown field "__proto__" of dev/],
  ["from: me, constructor: x", /line 4: unknown field "constructor" of dev/],
  ["from: me, regoin: eu-west-1", /unknown field "regoin" of dev \(did you mean "region"\?\)/],
  ["from: me, fips: maybe", /fips of dev must be true or false/],
  ["from: [me, you]", /from of dev accepts one value/],
  ["from: me, region: nowhere", /line 4: dev: .*nowhere/],
  ["from: me, ambient: true", /dev: .*belong to different sources/],
  ["region: eu-west-1", /line 4: dev: the profile has no source/],
  ["sso-start-url: 'https://example.awsapps.com/start'", /dev: sso-start-url requires sso-region/],
  ["from: me, external-id: abc", /line 4: dev: external-id requires a role/],
  ["from: me, remote: true", /dev: remote is only allowed with the source aws-login/],
  ["aws-login: true, aws-login-identity: nonsense", /line 4: dev: aws-login-identity/],
];

Deno.test("import file: nothing runs a command, reads a file or sends secrets in the clear", async () => {
  for (const [fields, says] of hostile) {
    const files = disk(team({ dev: fields }));
    const { code, err } = await imports(files);
    assert.equal(code, 1, fields);
    assert.match(err, says);
    assert.deepEqual([...(await stored(files)).keys()], [], fields);
  }
});

Deno.test("import file: one error imports nothing", async () => {
  const files = disk(team({ good: portal(), bad: "x: y" }));
  assert.equal((await imports(files)).code, 1);
  assert.equal((await stored(files)).size, 0);
});

// The difference, and what it changes.

Deno.test("import file: shows each setting and address before it asks, and changes nothing on no", async () => {
  const files = disk(team({
    dev: portal(),
    deploy: `from: dev, role-arn: "${roleArn("x")}", endpoint-url: "https://sts.evil.example"`,
  }));
  const no = await imports(files, "", { answers: ["n"] });
  assert.equal(no.code, 1);
  assert.match(
    no.err,
    /^new {8}dev: sso-start-url https:\/\/example\.awsapps\.com\/start, .*sso-role ReadOnly$/m,
  );
  assert.match(no.err, /^new {8}deploy: from dev, .*endpoint-url https:\/\/sts\.evil\.example$/m);
  assert.match(no.err, /^address {4}https:\/\/sts\.evil\.example: endpoint-url of 1 profile$/m);
  assert.match(no.err, /athm: nothing was imported/);
  assert.deepEqual(no.system.asked.map(({ question }) => question), [
    "Import 2 new profiles? [y/N] ",
  ]);
  assert.equal((await stored(files)).size, 0);
  const mute = await imports(files, "");
  assert.equal(mute.code, 1);
  assert.match(
    mute.err,
    /requires confirmation: prompts are disabled\n.*hint: run athm import file \/home\/ann\/team\.yaml --yes$/,
  );
  const dry = await imports(files, " --dry-run");
  assert.equal(dry.code, 0);
  assert.match(dry.out, /^new {8}dev: /);
  assert.equal((await stored(files)).size, 0);
  const yes = await imports(files, "", { answers: ["y"] });
  assert.equal(yes.code, 0);
  assert.match(yes.err, /athm: 2 imported, 0 changed, 0 unchanged, 0 skipped$/);
  assert.equal((await stored(files)).size, 2);
});

Deno.test("import file: a changed file names the changed fields, and keeps what it no longer has", async () => {
  const files = disk(team({ dev: portal(), gone: portal("Admin") }));
  assert.equal((await imports(files)).code, 0);
  const same = await imports(files);
  assert.match(
    same.err,
    /^unchanged {2}2 profiles\nathm: 0 imported, 0 changed, 2 unchanged, 0 skipped$/m,
  );
  files.put(file, team({ dev: `${portal("Admin")}, region: us-east-1, confirm: 900` }, 2));
  const { err } = await imports(files);
  const change = "sso-role ReadOnly → Admin, region (none) → us-east-1, confirm (none) → 15m";
  assert.ok(err.includes(`\nchanged    dev: ${change}\n`), err);
  assert.match(err, /^kept {7}gone: no longer in the file$/m);
  const now = await stored(files);
  assert.deepEqual([...now.keys()], ["dev", "gone"]);
  assert.equal(now.get("dev")?.network.region, "us-east-1");
});

Deno.test("import file: a profile from elsewhere, or changed by hand, requires --force", async () => {
  const files = disk(team({ dev: portal(), KEY: portal() }));
  const store = await openOrCreateStore(testSystem({ files }));
  await store.saveProfile(keysProfile("key"), { replace: false });
  const first = await imports(files);
  assert.equal(first.code, 1);
  assert.match(first.err, /^skipped {4}KEY: the profile of that name did not come from this file/m);
  assert.equal((await stored(files)).get("key")?.source.kind, "keys");
  assert.equal((await athm("aws set dev --region us-east-1 --no-login", files)).code, 0);
  files.put(file, team({ dev: portal("Admin"), KEY: portal() }, 2));
  assert.match((await imports(files)).err, /^skipped {4}dev: /m);
  assert.equal((await stored(files)).get("dev")?.network.region, "us-east-1");
  const forced = await imports(files, " --force --yes");
  assert.equal(forced.code, 0);
  assert.match(
    forced.err,
    /^changed {4}KEY: replaces a profile with the source keys; sso-start-url/m,
  );
  assert.match(
    forced.err,
    /^changed {4}dev: sso-role ReadOnly → Admin, region us-east-1 → \(none\)$/m,
  );
});

Deno.test("import file: another file cannot change the profiles of the first", async () => {
  const files = disk(team({ dev: portal() }));
  assert.equal((await imports(files)).code, 0);
  files.put("/home/ann/other.yaml", team({ dev: portal("Admin") }));
  const { code, err } = await athm("import file /home/ann/other.yaml --yes", files);
  assert.equal(code, 1);
  assert.match(err, /^skipped {4}dev: the profile of that name came from another file; --force/m);
});

Deno.test("import file: --prefix renames profiles and their bases within the file only", async () => {
  const files = disk(team({
    deploy: `from: dev, role-arn: "${roleArn("x")}"`,
    dev: portal(),
    admin: `from: me, role-arn: "${roleArn("y")}"`,
  }));
  const store = await openOrCreateStore(testSystem({ files }));
  await store.saveProfile(keysProfile("me"), { replace: false });
  assert.equal((await imports(files, " --prefix corp- --yes")).code, 0);
  const now = await stored(files);
  assert.deepEqual([...now.keys()].sort(), ["corp-admin", "corp-deploy", "corp-dev", "me"]);
  assert.deepEqual(now.get("corp-deploy")?.source, { kind: "profile", from: "corp-dev" });
  assert.deepEqual(now.get("corp-admin")?.source, { kind: "profile", from: "me" });
  // Another prefix is another copy: the first one is not reported as left out.
  const other = await imports(files, " --prefix test- --dry-run");
  assert.doesNotMatch(other.out, /no longer in the file/);
  files.put(file, team({ dev: portal() }, 2));
  assert.match(
    (await imports(files, " --prefix corp- --dry-run")).out,
    /^kept {7}corp-admin: no longer in the file\nkept {7}corp-deploy: no longer in the file$/m,
  );
  files.put(file, team({ ["d".repeat(60)]: portal() }, 2));
  assert.match(
    (await imports(files, " --prefix corp- --yes")).err,
    /line 4: d+ is too long for --prefix/,
  );
});

Deno.test("import file: a base must exist, and cycles are errors", async () => {
  const role = `role-arn: "${roleArn("x")}"`;
  const lost = await imports(
    disk(team({ a: `from: b, ${role}`, c: `from: a, ${role}`, d: portal() })),
  );
  assert.equal(lost.code, 1);
  assert.match(lost.err, /^skipped {4}a: it uses the profile "b", which does not exist$/m);
  assert.match(lost.err, /^skipped {4}c: it uses the profile "a", which does not exist$/m);
  assert.match(lost.err, /athm: 1 imported, 0 changed, 0 unchanged, 2 skipped$/);
  const cycle = await imports(disk(team({ a: `from: b, ${role}`, b: `from: A, ${role}` })));
  assert.match(cycle.err, /line 4: profiles form a cycle: a → b → a/);
  // Half of this cycle is in the store.
  const files = disk(team({ a: `from: b, ${role}` }));
  const store = await openOrCreateStore(testSystem({ files }));
  await store.saveProfile(keysProfile("a"), { replace: false });
  await store.saveProfile({ ...keysProfile("b"), source: { kind: "profile", from: "a" } }, {
    replace: false,
  });
  const half = await imports(files, " --force --yes");
  assert.equal(half.code, 1);
  assert.match(half.err, /skipped a: profiles form a cycle: a → b → a/);
});

Deno.test("import file: what a sign-in learned survives a change of the file", async () => {
  const saml = "saml-url: 'https://idp.example/sso', saml-via: form";
  const files = disk(team({ dev: saml }));
  assert.equal((await imports(files)).code, 0);
  const store = await openOrCreateStore(testSystem({ files }));
  const dev = (await store.profile("dev"))!;
  const learned = { ...dev.source, roleArn: roleArn("chosen"), user: "ann" } as Source;
  await store.saveProfile({ ...dev, source: learned }, { replace: true });
  assert.match((await imports(files)).err, /unchanged {2}1 profile$/m);
  files.put(file, team({ dev: `${saml}, region: us-east-1` }, 2));
  assert.match((await imports(files)).err, /^changed {4}dev: region \(none\) → us-east-1$/m);
  assert.deepEqual((await stored(files)).get("dev")?.source, learned);
  // With another provider nothing is taken over.
  files.put(file, team({ dev: saml.replace("idp", "evil") }, 3));
  assert.equal((await imports(files)).code, 0);
  assert.deepEqual((await stored(files)).get("dev")?.source, {
    kind: "saml",
    via: "form",
    url: "https://evil.example/sso",
  });
});

Deno.test("import file: where a profile came from does not affect its session", async () => {
  const plain: Profile = { ...keysProfile("dev") };
  const marked = { ...plain, origin: { series: "SHA256:x", entry: "0" } };
  assert.equal(await fingerprint(plain, {}), await fingerprint(marked, {}));
});
