import assert from "node:assert/strict";
import fc from "fast-check";
import type { Session } from "../../src/model/credentials.ts";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import type { Profile, Source } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { openOrCreateStore, type Store } from "../../src/session/stores.ts";
import { anyCharacter } from "./any_character.ts";
import { memoryFiles } from "./memory_files.ts";
import { testStart, type TestSystem, testSystem } from "./test_system.ts";

/** Runs per property; ten times as many with `ATHM_SLOW=1`. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Deno.env.get("ATHM_SLOW") ? count * 10 : count };
}

/** Text that must not occur in any file, name or message. */
export const canary = "canary-secret-value";

export const home = "/home/ann/.local/share/athm";

export function keysProfile(name: string, extra: Partial<Profile> = {}): Profile {
  return {
    name,
    source: {
      kind: "keys",
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: new Secret(canary),
    },
    roleArns: ["arn:aws:iam::012345678901:role/reader"],
    role: { duration: 3600 },
    network: { region: "eu-central-1" },
    ...extra,
  };
}

export function standingOn(name: string, from: string): Profile {
  return { name, source: { kind: "profile", from }, roleArns: [], role: {}, network: {} };
}

export function sampleSession(mark = canary): Session {
  return {
    accessKeyId: "ASIAIOSFODNN7EXAMPLE",
    secretAccessKey: new Secret(`${mark}-key`),
    sessionToken: new Secret(`${mark}-token`),
    expires: testStart + 3_600_000,
    issued: testStart,
  };
}

export async function newStore(): Promise<{ system: TestSystem; store: Store }> {
  const system = testSystem({ files: memoryFiles() });
  return { system, store: await openOrCreateStore(system) };
}

/** A value with its secrets revealed, for comparison. */
export function shown(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one)]));
}

/** The failure of `work`, which must have this code and contain no secret. */
export async function fails(
  code: FailureCode,
  work: () => unknown,
): Promise<Failure> {
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof Failure, `a Failure was expected, not ${error}`);
  assert.equal(error.code, code, error.message);
  assert.ok(!`${error.message} ${error.hint}`.includes(canary), "a secret is in the message");
  return error;
}

const moment = fc.integer({ min: 0, max: 4_102_444_800_000 });
const anyText = fc.string({ unit: anyCharacter });
const anySecret = anyText.map((text) => new Secret(text));
const anyName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/);

const anySource: fc.Arbitrary<Source> = fc.oneof(
  fc.record({
    kind: fc.constant("keys" as const),
    accessKeyId: anyText,
    secretAccessKey: anySecret,
    sessionToken: anySecret,
    expires: moment,
  }, { requiredKeys: ["kind", "accessKeyId", "secretAccessKey"] }),
  fc.record({ kind: fc.constant("ambient" as const), awsProfile: anyText }, {
    requiredKeys: ["kind"],
  }),
  fc.record({ kind: fc.constant("profile" as const), from: anyName }),
  fc.record({
    kind: fc.constant("saml" as const),
    via: fc.constantFrom("browser" as const, "form" as const, "command" as const),
    url: anyText,
    command: anyText,
    roleArn: anyText,
    user: anyText,
    rememberPassword: fc.boolean(),
    password: anySecret,
  }, { requiredKeys: ["kind", "via"] }),
);

export const anyProfile: fc.Arbitrary<Profile> = fc.record({
  name: anyName,
  source: anySource,
  roleArns: fc.array(anyText),
  role: fc.record({
    externalId: anyText,
    sessionName: anyText,
    duration: fc.nat(),
    mfaSerial: anyText,
    mfaCommand: anyText,
    sourceIdentity: anyText,
    tags: fc.array(fc.record({ key: anyText, value: anyText })),
    transitiveTags: fc.array(anyText),
    policy: anyText,
    policyArns: fc.array(anyText),
  }, { requiredKeys: [] }),
  network: fc.record({
    region: anyText,
    endpointUrl: anyText,
    fips: fc.boolean(),
    dualstack: fc.boolean(),
    caBundle: anyText,
  }, { requiredKeys: [] }),
});

export const anySession: fc.Arbitrary<Session> = fc.record({
  accessKeyId: anyText,
  secretAccessKey: anySecret,
  sessionToken: anySecret,
  expires: moment,
  issued: moment,
  arn: anyText,
  account: anyText,
}, { requiredKeys: ["accessKeyId", "secretAccessKey", "sessionToken", "expires", "issued"] });
