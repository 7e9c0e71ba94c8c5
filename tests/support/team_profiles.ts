/**
 * Profiles with any settings that a team file can have.
 *
 * @module
 */
import fc from "fast-check";
import type { Profile, Source } from "../../src/model/profile.ts";
import { account, roleArn } from "./team_home.ts";

const text = fc.stringMatching(/^[A-Za-z0-9._@-]{2,20}$/);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const flag = fc.constantFrom(undefined, true as const);
const confirm = fc.constantFrom(undefined, 0, 5, 900);
const region = fc.constantFrom("eu-west-1", "us-east-1");

/** Each kind with any settings that a file can have. */
const arbitrarySource: Readonly<Partial<Record<Source["kind"], fc.Arbitrary<object>>>> = {
  "identity-center": fc.record({
    startUrl: text.map((name) =>
      `https://${name.replace(/\W|_/g, "x").toLowerCase()}.awsapps.com/start`
    ),
    region,
    accountId: fc.stringMatching(/^[0-9]{12}$/),
    roleName: fc.stringMatching(/^[A-Za-z0-9]{1,20}$/),
    deviceCode: flag,
    portalEndpointUrl: maybe(fc.constant("https://portal.example.com")),
    oidcEndpointUrl: maybe(fc.constant("https://oidc.example.com")),
  }),
  "aws-login": fc.record({
    principal: maybe(fc.constantFrom(
      `arn:aws:sts::${account}:assumed-role/Developer`,
      `arn:aws:iam::${account}:user/ann`,
      `arn:aws:iam::${account}:root`,
    )),
    remote: flag,
    endpointUrl: maybe(fc.constant("https://signin.example.com")),
  }),
  ambient: fc.record({ awsProfile: maybe(fc.stringMatching(/^[A-Za-z0-9 ]{1,20}$/)) }),
  profile: fc.record({ from: fc.stringMatching(/^[a-z]{1,20}$/) }),
  "web-identity": fc.record({
    from: fc.constantFrom("auto", "github", "gitlab"),
    audience: maybe(text),
  }),
  saml: fc.record({
    via: fc.constantFrom("browser", "form"),
    url: fc.constant("https://idp.example/sso?a=1"),
    roleArn: maybe(text.map(roleArn)),
    user: maybe(fc.constantFrom("ann", "Ann Lee", "#x", "- y", "null", "true")),
  }),
};

const role = fc.record({
  externalId: maybe(text),
  sessionName: maybe(text),
  duration: maybe(fc.integer({ min: 900, max: 3600 })),
  sourceIdentity: maybe(text),
  tags: maybe(fc.constant([{ key: "team", value: "a b = ü" }, { key: "cost", value: "" }])),
  policy: maybe(fc.constant('{"Version":"2012-10-17",\n "Statement":[]}')),
  policyArns: maybe(fc.constant(["arn:aws:iam::aws:policy/ReadOnlyAccess"])),
});

/** Nothing for a kind of source that no file can have. */
export function arbitraryProfile(kind: Source["kind"]): fc.Arbitrary<Profile> | undefined {
  const source = arbitrarySource[kind];
  if (!source) return undefined;
  const roleArns = kind === "web-identity" ? [roleArn("a"), roleArn("b")] : [roleArn("a")];
  return fc.record({ source, role, region: maybe(region), dualstack: flag, confirm }).map(
    ({ source, role, region, dualstack, confirm }) => {
      const network = { region, dualstack };
      const whole = { name: "dev", source: { kind, ...source }, roleArns, role, network, confirm };
      // Without absent fields, as in the store.
      return JSON.parse(JSON.stringify(whole));
    },
  );
}
