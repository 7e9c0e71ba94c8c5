import assert from "node:assert/strict";
import {
  childEnvironment,
  type ChildSettings,
  sessionVariableNames,
  sessionVariables,
} from "../../src/delivery/environment.ts";
import { Secret } from "../../src/model/secret.ts";
import { applied } from "../support/applied_environment.ts";
import { testStart } from "../support/test_system.ts";

const session = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: new Secret("the secret key"),
  sessionToken: new Secret("the token"),
  issued: testStart,
  expires: testStart + 3_600_999,
};
const grant: ChildSettings = { profile: "example", session };

/** Variables that are always set. */
const always = {
  AWS_ACCESS_KEY_ID: "ASIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "the secret key",
  AWS_SESSION_TOKEN: "the token",
  AWS_CREDENTIAL_EXPIRATION: "2026-01-01T01:00:00Z",
  ATHM_PROFILE: "example",
};

/** Variables that exec promises to unset. */
const takenAway = [
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_SECURITY_TOKEN",
  "AWS_ACCESS_KEY",
  "AWS_SECRET_KEY",
  "AWS_ACCOUNT_ID",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
  "AWS_CREDENTIAL_FILE",
  "AWS_SDK_LOAD_CONFIG",
  "ATHM_KEY",
  "ATHM_PASSPHRASE",
  "ATHM_PASSPHRASE_FILE",
  "ATHM_BACKUP_PASSPHRASE_FILE",
];

/** Variables that depend on the profile's region and on `--fips`. */
const cases: readonly (readonly [string, Partial<ChildSettings>, Record<string, string>])[] = [
  ["neither a region nor fips", {}, {}],
  ["a region", { region: "eu-west-1" }, {
    AWS_REGION: "eu-west-1",
    AWS_DEFAULT_REGION: "eu-west-1",
  }],
  ["fips", { fips: true }, { AWS_USE_FIPS_ENDPOINT: "true" }],
  ["fips turned off", { fips: false }, {}],
  ["a region and fips", { region: "us-gov-west-1", fips: true }, {
    AWS_REGION: "us-gov-west-1",
    AWS_DEFAULT_REGION: "us-gov-west-1",
    AWS_USE_FIPS_ENDPOINT: "true",
  }],
];

for (const [what, more, set] of cases) {
  Deno.test(`environment: with ${what} a child gets exactly the promised variables`, () => {
    const change = childEnvironment({ ...grant, ...more });
    assert.deepEqual(change.set, { ...always, ...set });
    assert.deepEqual([...change.unset].sort(), [...takenAway].sort());
  });
}

Deno.test("environment: no variable is both set and unset", () => {
  const { set, unset } = childEnvironment({ ...grant, region: "eu-west-1", fips: true });
  assert.deepEqual(unset.filter((name) => Object.hasOwn(set, name)), []);
  assert.equal(new Set(unset).size, unset.length);
});

Deno.test("environment: export --unset removes every variable that a session can set", () => {
  const all = sessionVariables({ ...grant, region: "eu-west-1", fips: true });
  assert.deepEqual(Object.keys(all).sort(), [...sessionVariableNames].sort());
});

type Variables = Readonly<Record<string, string>>;

/** Inherited, set and unset variables, and the result on Unix and on Windows. */
const changes: readonly (readonly [
  inherited: Variables,
  set: Variables,
  unset: readonly string[],
  unix: Variables,
  windows?: Variables,
])[] = [
  [{ A: "1", B: "2" }, {}, [], { A: "1", B: "2" }],
  [{ A: "1", B: "2" }, { A: "3" }, ["B", "C"], { A: "3" }],
  [{ A: "1" }, { A: "3" }, ["A"], { A: "3" }],
  [{ Aws_Profile: "x" }, {}, ["AWS_PROFILE"], { Aws_Profile: "x" }, {}],
  [{ aws_region: "x", Path: "p" }, { AWS_REGION: "y" }, [], {
    aws_region: "x",
    Path: "p",
    AWS_REGION: "y",
  }, { aws_region: "y", Path: "p" }],
  [{ aws_region: "x" }, { AWS_REGION: "y" }, ["Aws_Region"], {
    aws_region: "x",
    AWS_REGION: "y",
  }, { AWS_REGION: "y" }],
];

for (const [inherited, set, unset, unix, windows = unix] of changes) {
  const what = [inherited, set, unset].map((each) => JSON.stringify(each)).join(" ");
  Deno.test(`environment: ${what} follows each system's rules for case in names`, () => {
    assert.deepEqual(applied(inherited, { set, unset }, "linux"), unix);
    assert.deepEqual(applied(inherited, { set, unset }, "darwin"), unix);
    assert.deepEqual(applied(inherited, { set, unset }, "windows"), windows);
  });
}
