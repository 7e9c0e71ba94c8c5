// Portal endpoints, portal URLs and names of imported profiles.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { parseName } from "../../src/model/names.ts";
import { checkAccountId, checkPortalRole, portalOf } from "../../src/model/portal.ts";
import { parseStartUrl } from "../../src/model/start_url.ts";
import {
  checkTemplate,
  collisions,
  fitsGlob,
  templateName,
} from "../../src/migration/portal_names.ts";
import { partitionOf } from "../../src/session/sign_in/roles.ts";
import { anyCharacter } from "../support/any_character.ts";

const startUrl = "https://example.awsapps.com/start";

Deno.test("portal: endpoints follow AWS's endpoint rules", () => {
  const both = { fips: true, dualstack: true };
  const table = [
    ["eu-west-1", {}, "oidc.eu-west-1.amazonaws.com", "portal.sso.eu-west-1.amazonaws.com"],
    [
      "us-east-1",
      { fips: true },
      "oidc-fips.us-east-1.amazonaws.com",
      "portal.sso-fips.us-east-1.amazonaws.com",
    ],
    ["us-east-1", { dualstack: true }, "oidc.us-east-1.api.aws", "portal.sso.us-east-1.api.aws"],
    ["us-east-1", both, "oidc-fips.us-east-1.api.aws", "portal.sso-fips.us-east-1.api.aws"],
    [
      "us-gov-west-1",
      { fips: true },
      "oidc.us-gov-west-1.amazonaws.com",
      "portal.sso.us-gov-west-1.amazonaws.com",
    ],
    [
      "cn-north-1",
      {},
      "oidc.cn-north-1.amazonaws.com.cn",
      "portal.sso.cn-north-1.amazonaws.com.cn",
    ],
    [
      "eusc-de-east-1",
      {},
      "oidc.eusc-de-east-1.amazonaws.eu",
      "portal.sso.eusc-de-east-1.amazonaws.eu",
    ],
  ] as const;
  for (const [region, network, oidc, portal] of table) {
    const { oidcUrl, portalUrl } = portalOf({ startUrl, region }, network);
    assert.deepEqual([oidcUrl, portalUrl], [`https://${oidc}`, `https://${portal}`]);
  }
  const own = portalOf({
    startUrl,
    region: "eu-west-1",
    oidcEndpointUrl: "https://oidc.example.com",
    portalEndpointUrl: "https://portal.example.com",
  }, both);
  assert.deepEqual(own, {
    startUrl,
    region: "eu-west-1",
    oidcUrl: "https://oidc.example.com",
    portalUrl: "https://portal.example.com",
  });
  assert.throws(() => portalOf({ startUrl, region: "eu-wset-1" }, {}), Failure);
});

Deno.test("portal: the portal's region determines the partition", () => {
  const source = { kind: "identity-center", startUrl, accountId: "1", roleName: "r" } as const;
  const of = (region: string) => partitionOf({ roleArns: [], source: { ...source, region } });
  assert.equal(of("eu-west-1"), "aws");
  assert.equal(of("cn-north-1"), "aws-cn");
  assert.equal(of("us-gov-east-1"), "aws-us-gov");
});

Deno.test("portal: a start URL is accepted in every form that browsers show", () => {
  for (const end of ["", "/", "#", "/#/", "/#/?tab=accounts", "//"]) {
    assert.equal(parseStartUrl(startUrl + end), startUrl, end);
  }
  const other = "https://ssoins-1234567890abcdef.portal.us-east-1.app.aws";
  assert.equal(parseStartUrl(`${other}/`), other);
  const wrong = ["", "example.awsapps.com", "http://example.awsapps.com/start", `${startUrl}?a=b`];
  for (const text of [...wrong, "https://a:b@example.com/", "ftp://x", "https://a\n.com"]) {
    assert.throws(() => parseStartUrl(text), Failure, text);
  }
});

Deno.test("portal: account IDs and role names are validated", () => {
  assert.equal(checkAccountId("012345678901"), "012345678901");
  for (
    const text of ["", "12345678901", "1234567890123", "12345678901a", "１２３４５６７８９０１２"]
  ) {
    assert.throws(() => checkAccountId(text), Failure, text);
  }
  assert.equal(checkPortalRole("Power+User=1,a.b@c-d_e"), "Power+User=1,a.b@c-d_e");
  for (const text of ["", "a b", "a/b", "a".repeat(65), "rôle"]) {
    assert.throws(() => checkPortalRole(text), Failure, text);
  }
});

Deno.test("portal names: every template of known fields produces a valid profile name", () => {
  const named = fc.record({
    account: fc.stringMatching(/^\d{12}$/),
    accountName: fc.string({ unit: anyCharacter, maxLength: 80 }),
    role: fc.stringMatching(/^[\w+=,.@-]{1,64}$/),
  });
  const part = fc.oneof(
    fc.constantFrom("{account-name}", "{account-id}", "{role}"),
    fc.string({ maxLength: 10 }).map((text) => text.replaceAll(/[{}]/g, "")),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 8 }), named, (parts, of) => {
    const template = `${parts.join("")}{role}`;
    assert.equal(checkTemplate(template), template);
    parseName(templateName(template, of));
  }));
  for (const text of ["plain", "", "{nope}", "{role", "role}", "{}{role}", "{role}{__proto__}"]) {
    assert.throws(() => checkTemplate(text), Failure, text);
  }
  // Substituted values are not expanded again.
  const of = { account: "123456789012", accountName: "{role}", role: "Admin" };
  assert.equal(templateName("{account-name}-{role}", of), "role-Admin");
  const sandbox = { ...of, accountName: "Sandbox (EU)" };
  assert.equal(templateName("{account-name}-{role}", sandbox), "Sandbox-EU-Admin");
});

Deno.test("portal names: a name shows its account, in ASCII if its letters have an equivalent", () => {
  const account = "123456789012";
  const table: readonly (readonly [accountName: string, name: string])[] = [
    ["Zürich Prod", "Zurich-Prod-Admin"],
    ["Zu\u0308rich Prod", "Zurich-Prod-Admin"],
    ["Straße Ærø Łódź Đakovo İzmir ırmak Þór", "Strasse-AEro-Lodz-Dakovo-Izmir-irmak-Thor-Admin"],
    ["ＰＲＯＤ ①", "PROD-1-Admin"],
    ["🚀 Launch (EU)", "Launch-EU-Admin"],
    ["本番", `${account}-Admin`],
    ["Прод", `${account}-Admin`],
    ["***", `${account}-Admin`],
    ["", `${account}-Admin`],
    ["Prod 本番", `Prod-${account}-Admin`],
    ["本番 2", `2-${account}-Admin`],
  ];
  for (const [accountName, name] of table) {
    assert.equal(
      templateName("{account-name}-{role}", { account, accountName, role: "Admin" }),
      name,
    );
  }
  const letters = fc.string({ unit: "grapheme", maxLength: 50 });
  fc.assert(fc.property(letters, (accountName) => {
    const name = templateName("{account-name}", { account, accountName, role: "Admin" });
    parseName(name);
    const text = accountName.normalize("NFKD");
    const isPlain = /[A-Za-z0-9]/.test(text) && !/(?=\P{ASCII})[\p{L}\p{N}]/u.test(text);
    if (!isPlain && !/[ßẞÆæŒœØøŁłĐđÐðÞþĦħŦŧıŊŋĸ]/.test(text)) {
      assert.ok(name.endsWith(account), `${accountName} ${name}`);
    }
  }));
});

Deno.test("portal names: names that differ only in case collide, and all are reported", () => {
  const items = ["Prod", "prod", "test", "PROD"].map((accountName) => ({
    account: "1",
    accountName,
    role: "r",
  }));
  const found = collisions(items, ({ accountName }) => accountName);
  assert.deepEqual([...found].map(([name, group]) => [name, group.length]), [["prod", 3]]);
});

Deno.test("portal names: a glob matches what the equivalent regular expression matches", () => {
  const glob = fc.array(fc.constantFrom("a", "B", "/", "*", "?", "."), { maxLength: 8 });
  const text = fc.array(fc.constantFrom("A", "b", "/", "."), { maxLength: 8 });
  fc.assert(
    fc.property(glob, text, (glob, text) => {
      const source = glob.map((each) => each === "*" ? ".*" : each === "?" ? "." : `[${each}]`);
      const pattern = new RegExp(`^${source.join("")}$`, "is");
      assert.equal(fitsGlob(glob.join(""), text.join("")), pattern.test(text.join("")));
    }),
    { numRuns: 2000 },
  );
  // No glob backtracks exponentially.
  assert.equal(fitsGlob("*a".repeat(2000) + "b", "a".repeat(2000)), false);
});
