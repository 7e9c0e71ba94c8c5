/**
 * The doctor's checks: each problem is reported with a fix, and nothing is prompted for, leaked or
 * changed.
 */
import assert from "node:assert/strict";
import type { Check, Level } from "../../src/doctor/check.ts";
import { examine, patience } from "../../src/doctor/run.ts";
import { checks } from "../../src/doctor/all_checks.ts";
import { Failure } from "../../src/model/failure.ts";
import type { IdentityCenterSource, RolesAnywhereSource, Source } from "../../src/model/profile.ts";
import { run } from "../../src/program.ts";
import { sourceOf } from "../../src/sources/all_sources.ts";
import { failedRequest } from "../../src/system/http.ts";
import { machine, says } from "../support/doctor_machine.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { canary, keysProfile } from "../support/store_samples.ts";
import { settle, testSystem } from "../support/test_system.ts";

const region = { network: { region: "us-east-1" } };

Deno.test("doctor: every check passes on a healthy machine", async () => {
  const files = memoryFiles();
  files.put("/bin/athm", "", 0o755);
  const { system, asked } = await machine({
    files,
    profiles: [keysProfile("one"), keysProfile("two")],
    env: { PATH: "/nowhere:/bin" },
  });
  assert.equal(await run(["doctor", "--json"], system), 0);
  const { version, checks: found } = JSON.parse(system.captured.out);
  assert.equal(version, 1);
  assert.deepEqual(
    found.map(({ check }: { check: string }) => check),
    checks.map(({ name }) => name),
  );
  const levels: Level[] = found.map(({ level }: { level: Level }) => level);
  assert.deepEqual([...new Set(levels)], ["ok"], system.captured.out);
  // Two profiles with one endpoint: one request, without a key.
  assert.deepEqual(asked.map(({ url, headers }) => [url, headers]), [
    ["https://sts.eu-central-1.amazonaws.com/", {}],
  ]);
  assert.deepEqual(system.captured.said, []);
});

Deno.test("doctor: a failed check exits with 1, a warning does not", async () => {
  const one = async (level: Level) => {
    const check: Check = () => Promise.resolve([{ level, text: "x" }]);
    return (await examine(testSystem(), [{ name: "one", check }])).map((each) => each.level);
  };
  assert.deepEqual(await one("warning"), ["warning"]);
  const well = await machine({ profiles: [keysProfile("one")], env: { PATH: "/nowhere" } });
  assert.equal(await run(["doctor"], well.system), 0);
  assert.match(well.system.captured.out, /^warn +program/m);
  const ill = await machine({ profiles: [keysProfile("one")], ahead: 3_600_000 });
  assert.equal(await run(["doctor"], ill.system), 1);
  assert.match(ill.system.captured.out, /^FAIL +clock/m);
});

Deno.test("doctor: runs checks concurrently and reports one that hangs after 3 s", async () => {
  const system = testSystem();
  const never: Check = () => new Promise(() => {});
  const quick: Check = () => Promise.resolve([{ level: "ok", text: "here" }]);
  const table = [{ name: "a", check: never }, { name: "b", check: quick }, {
    name: "c",
    check: never,
  }];
  const looking = examine(system, table);
  await settle();
  await system.advance(patience);
  assert.deepEqual((await looking).map(({ check, level, text }) => [check, level, text]), [
    ["a", "failed", "timed out after 3 s"],
    ["b", "ok", "here"],
    ["c", "failed", "timed out after 3 s"],
  ]);
});

Deno.test("doctor: reports what a check cannot read and does not hide internal errors", async () => {
  const refused: Check = () => Promise.reject(new Failure("files", "cannot read x", "chmod u+r x"));
  assert.deepEqual(await examine(testSystem(), [{ name: "a", check: refused }]), [
    { check: "a", level: "failed", text: "cannot read x", fix: "chmod u+r x" },
  ]);
  const broken: Check = () => {
    throw new TypeError("mistake");
  };
  await assert.rejects(examine(testSystem(), [{ name: "a", check: broken }]), /mistake/);
});

Deno.test("doctor: judges the clock by its error", async () => {
  const profiles = [keysProfile("one", region)];
  const clock = async (ahead: number) => (await says("clock", { profiles, ahead }))[0] ?? "";
  assert.match(await clock(0), /^ok matches sts\.us-east-1/);
  assert.match(await clock(9_000), /^ok /);
  assert.match(await clock(90_000), /^warning it is 1m30s behind .* -> sudo timedatectl/);
  assert.match(await clock(-90_000), /^warning it is 1m30s ahead of /);
  assert.match(await clock(-900_000), /^failed it is 15m ahead of /);
  const failure = new Failure("network", "sts was not reached: it did not answer in time");
  assert.match((await says("clock", { profiles, failure }))[0] ?? "", /^warning clock not checked/);
});

Deno.test("doctor: reports unreachable, untrusted and missing endpoints", async () => {
  const profiles = [keysProfile("one", region), keysProfile("two", region)];
  const noSuchName = new TypeError("dns error: failed to lookup address information");
  const failure = failedRequest("sts.us-east-1.amazonaws.com", noSuchName);
  assert.deepEqual(await says("endpoints", { profiles, failure }), [
    `failed ${failure.message} (one, two) -> curl -sv https://sts.us-east-1.amazonaws.com/`,
  ]);
  assert.match(
    (await says("dns", { profiles, failure }))[0] ?? "",
    /^failed cannot resolve sts\.us-east-1/,
  );
  assert.match(
    (await says("dns", { profiles }))[0] ?? "",
    /^ok sts\.us-east-1\.amazonaws\.com resolves/,
  );
  const strange = [keysProfile("gov", {
    roleArns: ["arn:aws-us-gov:iam::012345678901:role/x"],
    network: { region: "eu-west-1" },
  })];
  assert.match(
    (await says("endpoints", { profiles: strange }))[0] ?? "",
    /^failed gov: the role is in/,
  );
});

Deno.test("doctor: a FIPS profile must use a host from AWS's table", async () => {
  const fips = (region: string, more = {}) => ({
    profiles: [keysProfile("one", { network: { region, fips: true, ...more } })],
  });
  assert.deepEqual(
    (await says("endpoints", fips("us-west-2")))[1],
    "ok one uses the FIPS host sts-fips.us-west-2.amazonaws.com",
  );
  assert.match(
    (await says("endpoints", fips("us-east-1", { dualstack: true })))[1] ?? "",
    /^ok one uses the FIPS host sts-fips\.us-east-1\.api\.aws/,
  );
  assert.match(
    (await says("endpoints", fips("eu-west-1")))[0] ?? "",
    /^failed one: --fips: STS has no FIPS endpoint in eu-west-1/,
  );
});

Deno.test("doctor: asks the service that a session comes from, which is not always STS", async () => {
  const from = (kind: Source["kind"]) => sourceOf({ kind } as Source).sample();
  const roles = ["arn:aws:iam::012345678901:role/x", "arn:aws:iam::012345678901:role/y"];
  const { endpointUrl: _, ...certificate } = from("roles-anywhere") as RolesAnywhereSource;
  const { portalEndpointUrl: __, oidcEndpointUrl: ___, ...other } = from(
    "identity-center",
  ) as IdentityCenterSource;
  const portal = { ...other, region: "us-east-1" };
  const asked = async (source: Source, roleArns: readonly string[], network = {}) =>
    await says("endpoints", { profiles: [keysProfile("one", { source, roleArns, network })] });
  const east = {
    ...certificate,
    trustAnchorArn: certificate.trustAnchorArn.replace("eu-west-1", "us-east-1"),
  };
  const sts = { region: "us-east-1" };
  for (
    const [source, roleArns, host, fipsHost] of [
      [east, roles.slice(1), "rolesanywhere", "rolesanywhere-fips"],
      [east, roles, "sts", "sts-fips"],
      [portal, [], "portal.sso", "portal.sso-fips"],
      [portal, roles, "sts", "sts-fips"],
    ] as const
  ) {
    assert.deepEqual(await asked(source, roleArns, sts), [
      `ok ${host}.us-east-1.amazonaws.com responds (one)`,
    ]);
    assert.deepEqual(await asked(source, roleArns, { ...sts, fips: true }), [
      `ok ${fipsHost}.us-east-1.amazonaws.com responds (one)`,
      `ok one uses the FIPS host ${fipsHost}.us-east-1.amazonaws.com`,
    ]);
  }
  const own = { ...east, endpointUrl: "https://vpce-1.example.com" };
  assert.match(
    (await asked(own, roles.slice(1), { fips: true }))[1] ?? "",
    /^failed one requires FIPS, but vpce-1\.example\.com is not/,
  );
  const vpc = "vpce-0a1-2b3.rolesanywhere-fips.us-east-1.vpce.amazonaws.com";
  assert.equal(
    (await asked({ ...east, endpointUrl: `https://${vpc}` }, roles.slice(1), { fips: true }))[1],
    `ok one uses the FIPS host ${vpc}`,
  );
});

Deno.test("doctor: hundreds of profiles are counted, not listed", async () => {
  const many = (more: (at: number) => Parameters<typeof keysProfile>[1]) =>
    Array.from({ length: 300 }, (_, at) => keysProfile(`profile-${at}`, more(at)));
  const based = many(() => ({ source: { kind: "profile", from: "gone" } }));
  const fips = many(() => ({ network: { region: "us-west-2", fips: true } }));
  const refused = many(() => ({ network: { region: "eu-west-1", fips: true } }));
  for (const profiles of [based, fips, refused]) {
    for (const check of ["profiles", "dns", "endpoints"]) {
      const found = await says(check, { profiles });
      assert.ok(found.length <= 2, `${check}: ${found.length}`);
      for (const text of found) {
        assert.ok((text.match(/profile-/g) ?? []).length <= 10, text);
        assert.equal(/and 290 more/.test(text), /profile-/.test(text), text);
      }
    }
  }
  assert.match(
    (await says("profiles", { profiles: based }))[0] ?? "",
    /^failed profile-0, .* and 290 more use gone as their source, which does not exist/,
  );
  assert.match(
    (await says("profiles", { profiles: fips }))[0] ?? "",
    /^ok 300: profile-0, .* and 290 more$/,
  );
  assert.match(
    (await says("endpoints", { profiles: fips }))[1] ?? "",
    / and 290 more use the FIPS/,
  );
  assert.match(
    (await says("endpoints", { profiles: refused }))[0] ?? "",
    / and 290 more: --fips: /,
  );
});

Deno.test("doctor: names a proxy without its user name and password", async () => {
  const env = (HTTPS_PROXY: string, more = {}) => ({ env: { HTTPS_PROXY, ...more } });
  assert.deepEqual(await says("proxy", env(`http://ann:${canary}@proxy.example:3128`)), [
    "ok HTTPS_PROXY is http://proxy.example:3128, with a user name",
  ]);
  assert.deepEqual(await says("proxy", env("proxy.example:3128", { NO_PROXY: "localhost" })), [
    "ok HTTPS_PROXY is http://proxy.example:3128",
    "ok not used for localhost",
  ]);
  assert.match(
    (await says("proxy", env(`${canary} is not one`)))[0] ?? "",
    /^failed HTTPS_PROXY .* -> unset HTTPS_PROXY/,
  );
  const both = await says("proxy", env("http://a:1", { https_proxy: "http://b:1" }));
  assert.match(both.at(-1) ?? "", /^warning HTTPS_PROXY and https_proxy differ/);
});

Deno.test("doctor: reports unreadable certificates as a sign-in does", async () => {
  assert.deepEqual(await says("certificates"), ["ok built-in and system certificates"]);
  const files = memoryFiles();
  files.put("/ca.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n");
  assert.deepEqual(await says("certificates", { files, env: { AWS_CA_BUNDLE: "/ca.pem" } }), [
    "ok 2 more from /ca.pem (AWS_CA_BUNDLE)",
  ]);
  assert.match(
    (await says("certificates", { env: { AWS_CA_BUNDLE: "/gone.pem" } }))[0] ?? "",
    /^failed .*file \/gone\.pem not found/,
  );
});

Deno.test("doctor: on Windows, fixes are PowerShell commands", async () => {
  const fix = async (check: string, env: Record<string, string>) => {
    const [said = ""] = await says(check, { env, system: { platform: "windows" } });
    return said.split(" -> ")[1];
  };
  assert.equal(
    await fix("environment", { AWS_ACCESS_KEY_ID: "ASIA", AWS_SECRET_ACCESS_KEY: canary }),
    "Remove-Item Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY -ErrorAction Ignore",
  );
  const past = { AWS_CREDENTIAL_EXPIRATION: "2025-12-31T22:30:00Z" };
  const load = "--format powershell | Out-String | Invoke-Expression";
  assert.equal(await fix("environment", past), `athm aws export --unset ${load}`);
  assert.equal(
    await fix("environment", { ...past, ATHM_PROFILE: "one" }),
    `athm aws export one ${load}`,
  );
  assert.equal(
    await fix("proxy", { HTTPS_PROXY: "not one" }),
    "Remove-Item Env:HTTPS_PROXY -ErrorAction Ignore",
  );
  assert.equal(await fix("program", { PATH: "" }), "$Env:Path += ';/usr/local/bin'");
});

for (
  const [env, line] of [
    [{}, /^ok no AWS variable is set/],
    [{ AWS_REGION: "us-east-1" }, /^ok AWS_REGION set/],
    [
      { AWS_CREDENTIAL_EXPIRATION: "2025-12-31T22:30:00Z", ATHM_PROFILE: "one" },
      /^failed .* expired 1h30m ago -> eval "\$\(athm aws export one\)"$/,
    ],
    [
      { AWS_CREDENTIAL_EXPIRATION: "2025-12-31T22:30:00Z", ATHM_PROFILE: "$(x)" },
      /-> eval "\$\(athm aws export --unset\)"$/,
    ],
    [{ AWS_CREDENTIAL_EXPIRATION: "2026-01-01T01:00:00Z" }, /^ok /],
    [
      { AWS_PROFILE: "a", AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: canary },
      /^warning AWS_PROFILE and AWS_ACCESS_KEY_ID .* -> unset AWS_PROFILE$/,
    ],
    [
      { AWS_ACCESS_KEY_ID: "AKIA" },
      /^failed only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
    ],
    [{ AWS_ACCESS_KEY_ID: "ASIA", AWS_SECRET_ACCESS_KEY: canary }, /^failed .* temporary key/],
    [
      { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: canary, AWS_SESSION_TOKEN: canary },
      /^failed AWS_SESSION_TOKEN is stale/,
    ],
    [
      { AWS_PROFILE: "a", AWS_DEFAULT_PROFILE: "b" },
      /^warning AWS_PROFILE and AWS_DEFAULT_PROFILE differ/,
    ],
    [
      { AWS_REGION: "a", AWS_DEFAULT_REGION: "b" },
      /^warning AWS_REGION and AWS_DEFAULT_REGION differ/,
    ],
  ] as const
) {
  Deno.test(`doctor: the environment ${JSON.stringify(Object.keys(env))}: ${line.source.slice(0, 40)}`, async () => {
    assert.match((await says("environment", { env }))[0] ?? "", line);
  });
}
