/** Which settings go to which link of a chain, and what makes a session a different one. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type {
  NetworkSettings,
  Profile,
  RoleSettings,
  SamlSource,
  Source,
} from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { canonical, fingerprint } from "../../src/session/sign_in/fingerprint.ts";
import {
  defaultSessionName,
  isCutShort,
  partitionOf,
  roleLinks,
  sessionNameIn,
} from "../../src/session/sign_in/roles.ts";
import { anyCharacter } from "../support/any_character.ts";
import { anyProfile, keysProfile, runs, shown } from "../support/store_samples.ts";

const arns = ["one", "two", "three"].map((name) => `arn:aws:iam::123456789012:role/${name}`);
const lasting = { chained: false, sessionName: "athm-ann-host" };
const temporary = { chained: true, sessionName: "athm-ann-host" };

function profile(roles: number, role: RoleSettings): Profile {
  return keysProfile("example", { roleArns: arns.slice(0, roles), role });
}

Deno.test("roles: without settings, each link has a role, a name and whether it is chained", () => {
  assert.deepEqual(roleLinks(profile(3, {}), lasting), [
    { roleArn: arns[0], sessionName: "athm-ann-host", chained: false },
    { roleArn: arns[1], sessionName: "athm-ann-host", chained: true },
    { roleArn: arns[2], sessionName: "athm-ann-host", chained: true },
  ]);
  assert.deepEqual(roleLinks(profile(0, {}), lasting), []);
});

Deno.test("roles: a single role gets all settings", () => {
  const role = {
    externalId: "ext",
    sessionName: "me",
    duration: 7200,
    sourceIdentity: "ann",
    tags: [{ key: "team", value: "a" }, { key: "env", value: "b" }],
    transitiveTags: ["team"],
    policy: "{}",
    policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
  };
  assert.deepEqual(roleLinks(profile(1, role), lasting), [
    { roleArn: arns[0], chained: false, ...role },
  ]);
});

Deno.test("roles: a link excludes the MFA device and its command", () => {
  const [link] = roleLinks(profile(1, { mfaSerial: "serial", mfaCommand: "cmd" }), lasting);
  assert.deepEqual(Object.keys(link ?? {}).sort(), ["chained", "roleArn", "sessionName"]);
});

Deno.test("roles: the first link sets the source identity and the transitive tags, which stay", () => {
  const role = {
    sourceIdentity: "ann",
    tags: [{ key: "team", value: "a" }, { key: "env", value: "b" }],
    transitiveTags: ["team"],
  };
  const [first, middle, last] = roleLinks(profile(3, role), lasting);
  assert.deepEqual(first?.tags, [{ key: "team", value: "a" }]);
  assert.deepEqual(first?.transitiveTags, ["team"]);
  assert.equal(first?.sourceIdentity, "ann");
  assert.deepEqual(Object.keys(middle ?? {}).sort(), ["chained", "roleArn", "sessionName"]);
  assert.deepEqual(last?.tags, [{ key: "env", value: "b" }]);
  assert.ok(last && !("transitiveTags" in last) && !("sourceIdentity" in last));
});

Deno.test("roles: compares transitive tag keys ignoring case, as AWS does", () => {
  const role = { tags: [{ key: "Team", value: "a" }], transitiveTags: ["team"] };
  const [first, last] = roleLinks(profile(2, role), lasting);
  assert.deepEqual(first?.tags, [{ key: "Team", value: "a" }]);
  assert.ok(last && !("tags" in last));
});

Deno.test("roles: external ID, policies and duration apply only to the last link", () => {
  const role = { externalId: "ext", duration: 1800, policy: "{}", policyArns: ["p"] };
  const [first, last] = roleLinks(profile(2, role), lasting);
  assert.deepEqual(Object.keys(first ?? {}).sort(), ["chained", "roleArn", "sessionName"]);
  const { externalId, duration, policy, policyArns } = last ?? assert.fail();
  assert.deepEqual({ externalId, duration, policy, policyArns }, role);
});

Deno.test("roles: every link uses the given session name", () => {
  const links = roleLinks(profile(2, { sessionName: "me" }), lasting);
  assert.deepEqual(links.map(({ sessionName }) => sessionName), ["me", "me"]);
});

Deno.test("roles: a chained role lasts an hour at most, and athm says so", () => {
  const cases:
    readonly (readonly [number, typeof lasting, number | undefined, unknown, boolean])[] = [
      [1, lasting, 7200, 7200, false],
      [1, temporary, 7200, 3600, true],
      [2, lasting, 7200, 3600, true],
      [2, lasting, 3600, 3600, false],
      [2, lasting, 900, 900, false],
      [2, lasting, undefined, undefined, false],
    ];
  for (const [roles, first, duration, asked, short] of cases) {
    const own = profile(roles, duration === undefined ? {} : { duration });
    const links = roleLinks(own, first);
    assert.equal(links.at(-1)?.duration, asked);
    assert.equal(isCutShort(own, links), short);
    assert.equal(links[0]?.chained, first.chained);
  }
});

Deno.test("roles: reads a session's name only from an assumed role's ARN", () => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] = [
    ["arn:aws:sts::123456789012:assumed-role/deploy/me@host", "me@host"],
    ["arn:aws-us-gov:sts::123456789012:assumed-role/deploy/me", "me"],
    ["arn:aws:iam::123456789012:role/deploy", undefined],
    ["arn:aws:iam::123456789012:user/deploy/me", undefined],
    ["arn:aws:sts::123456789012:federated-user/me", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [arn, name] of cases) assert.equal(sessionNameIn(arn), name, arn);
});

Deno.test("roles: the default session name has the user and host and is valid", () => {
  assert.equal(defaultSessionName("ann", "laptop"), "athm-ann-laptop");
  assert.equal(defaultSessionName(undefined, "laptop"), "athm-laptop");
  assert.equal(defaultSessionName("", ""), "athm");
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), fc.string(), (user, host) => {
    assert.match(defaultSessionName(user, host), /^[A-Za-z0-9_+=,.@-]{2,64}$/);
  }));
});

Deno.test("roles: the first role decides the partition", () => {
  const gov = "arn:aws-us-gov:iam::123456789012:role/one";
  assert.equal(partitionOf(keysProfile("x", { roleArns: [gov] })), "aws-us-gov");
  assert.equal(partitionOf(keysProfile("x", { roleArns: [] })), undefined);
});

// Fingerprints.

const base = keysProfile("example", { roleArns: [], role: {}, network: {} });

Deno.test("fingerprint: every setting changes it, even alone", async () => {
  const roles = {
    externalId: "a",
    sessionName: "b",
    duration: 900,
    mfaSerial: "c",
    mfaCommand: "d",
    mfaDuration: 900,
    sourceIdentity: "e",
    tags: [{ key: "f", value: "g" }],
    transitiveTags: ["f"],
    policy: "{}",
    policyArns: ["h"],
  } satisfies Required<RoleSettings>;
  const networks = {
    region: "eu-west-1",
    endpointUrl: "https://a",
    fips: true,
    dualstack: true,
    caBundle: "/ca.pem",
  } satisfies Required<NetworkSettings>;
  const marks = await Promise.all([
    base,
    ...Object.entries(roles).map(([name, value]) => ({ ...base, role: { [name]: value } })),
    ...Object.entries(networks).map(([name, value]) => ({ ...base, network: { [name]: value } })),
    { ...base, roleArns: ["a"] },
    { ...base, roleArns: ["a", "b"] },
    { ...base, roleArns: ["b", "a"] },
    ...sources.map((source) => ({ ...base, source })),
  ].map((each) => fingerprint(each, {})));
  assert.equal(new Set(marks).size, marks.length);
  for (const mark of marks) assert.match(mark, /^[0-9a-f]{64}$/);
});

const key = { kind: "keys", accessKeyId: "AKIA", secretAccessKey: new Secret("one") } as const;
const sources: readonly Source[] = [
  key,
  { ...key, accessKeyId: "AKIB" },
  { ...key, secretAccessKey: new Secret("two") },
  { ...key, sessionToken: new Secret("token") },
  { ...key, expires: 1 },
  { kind: "ambient" },
  { kind: "ambient", awsProfile: "a" },
  { kind: "ambient", awsProfile: "b" },
  { kind: "profile", from: "a" },
];

Deno.test("fingerprint: changes if and only if a part changes", async () => {
  const parts = ["source", "roleArns", "role", "network"] as const;
  await fc.assert(
    fc.asyncProperty(anyProfile, anyProfile, fc.constantFrom(...parts), async (a, b, part) => {
      const mixed = { ...a, [part]: b[part] };
      const same = isDeepStrictEqual(counted(a)[part], counted(b)[part]);
      assert.equal(await fingerprint(a, {}) === await fingerprint(mixed, {}), same);
    }),
    runs(300),
  );
});

Deno.test("fingerprint: ignores names, the order of keys and undefined fields", async () => {
  await fc.assert(
    fc.asyncProperty(anyProfile, async (profile) => {
      const mark = await fingerprint(profile, {});
      assert.equal(await fingerprint({ ...profile, name: "another" }, {}), mark);
      if (profile.source.kind === "profile") {
        const source = { ...profile.source, from: "another" };
        assert.equal(await fingerprint({ ...profile, source }, {}), mark);
      }
      assert.equal(await fingerprint(backwards(profile) as Profile, {}), mark);
      const empty = { ...profile, role: { ...profile.role, ...{ undefined } } };
      assert.equal(await fingerprint(empty, {}), mark);
    }),
    runs(200),
  );
});

/**
 * A profile without the names in it: a base profile counts by its fingerprint. And without a
 * provider's password, which proves an identity.
 */
function counted({ name: _, source, ...settings }: Profile) {
  const { password: _p, passwordOrigin: _o, rememberPassword: _r, ...saml } = source as SamlSource;
  const whose = source.kind === "saml" ? saml : source;
  const named = source.kind === "profile" ? { kind: source.kind } : shown(whose);
  return { source: named, ...settings };
}

/** The same value with the keys of every object in the opposite order. */
function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards);
  if (typeof value !== "object" || value === null || value instanceof Secret) return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, member]) => [name, backwards(member)]));
}

Deno.test("fingerprint: includes the base profile and the environment's identity", async () => {
  const origins = [
    {},
    { base: "a" },
    { base: "b" },
    { identity: { AWS_PROFILE: "a" } },
    { identity: { AWS_PROFILE: "b" } },
    { identity: { AWS_ROLE_ARN: "a" } },
    { base: "a", identity: { AWS_PROFILE: "a" } },
  ];
  const marks = await Promise.all(origins.map((origin) => fingerprint(base, origin)));
  assert.equal(new Set(marks).size, origins.length);
  const unset = await fingerprint(base, { identity: { AWS_PROFILE: undefined } });
  assert.equal(unset, await fingerprint(base, { identity: {} }));
});

Deno.test("fingerprint: canonical JSON distinguishes strings, numbers and lists", () => {
  const values = ["1", 1, [1], ["1"], { a: 1 }, { a: "1" }, { a: [1] }, [[1]], true, "true", null];
  assert.equal(new Set(values.map(canonical)).size, values.length);
  assert.equal(
    canonical({ b: undefined, a: [new Secret('"x"'), { d: 1, c: null }] }),
    '{"a":["\\"x\\"",{"c":null,"d":1}]}',
  );
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.deepEqual(JSON.parse(canonical(value)), JSON.parse(JSON.stringify(value)));
  }));
});
