/**
 * Stores written by this and earlier versions, in `tests/fixtures/store/`: a folder for each format
 * of `store.json`, with its content in `expected.json`. Keys and secrets are made up.
 *
 * @module
 */
import type { Session } from "../../src/model/credentials.ts";
import type { Profile } from "../../src/model/profile.ts";
import { Secret } from "../../src/model/secret.ts";
import { sources } from "../../src/sources/all_sources.ts";
import { testStart } from "./test_system.ts";

/** Every setting that a profile can have besides its source. */
const everything: Omit<Profile, "name" | "source"> = {
  roleArns: ["arn:aws:iam::012345678901:role/hub", "arn:aws:iam::210987654321:role/deploy"],
  role: {
    externalId: "partner-7",
    sessionName: "ann",
    duration: 3600,
    mfaSerial: "arn:aws:iam::012345678901:mfa/ann",
    mfaCommand: "cat code",
    mfaDuration: 7200,
    sourceIdentity: "ann",
    tags: [{ key: "team", value: "blue" }],
    transitiveTags: ["team"],
    policy: '{"Version":"2012-10-17","Statement":[]}',
    policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
  },
  network: {
    region: "eu-central-1",
    endpointUrl: "https://sts.eu-central-1.amazonaws.com",
    fips: false,
    dualstack: true,
    caBundle: "/etc/ssl/company.pem",
  },
};

/** A fixture's content: a profile `of-KIND` for each kind of source. */
export const samples: readonly Profile[] = sources.map(({ kind, sample }) => ({
  name: `of-${kind}`,
  source: sample(),
  ...everything,
}));

/** The first profile's session, and the fingerprint that it was saved with. */
export const sampleSession: Session = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: new Secret("a-made-up-secret-of-a-session"),
  sessionToken: new Secret("a-made-up-token-of-a-session"),
  expires: testStart + 3_600_000,
  issued: testStart,
  arn: "arn:aws:sts::210987654321:assumed-role/deploy/ann",
  account: "210987654321",
};
export const sampleFingerprint = "0".repeat(64);

/** The content of `expected.json`. */
export interface Expected {
  readonly profiles: readonly unknown[];
  readonly session: unknown;
  readonly fingerprint: string;
}

/** A value as JSON, with its secrets in plaintext. */
export function plain(value: unknown): unknown {
  const revealed = (each: unknown): unknown => {
    if (each instanceof Secret) return each.reveal();
    if (Array.isArray(each)) return each.map(revealed);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, one]) => [key, revealed(one)]));
  };
  return JSON.parse(JSON.stringify(revealed(value)));
}

/** The fixtures' folder. */
export const fixtures = new URL("../fixtures/store/", import.meta.url);

/** Copies a fixture to a store's location and sets its modes, which git does not keep. */
export async function lay(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await lay(new URL(`${name}/`, from), `${to}/${name}`);
    else if (name !== "expected.json" && !name.endsWith(".lock")) {
      await Deno.writeFile(`${to}/${name}`, await Deno.readFile(new URL(name, from)), {
        mode: 0o600,
      });
    }
  }
}
