// Which profiles an access portal's import may replace.

import assert from "node:assert/strict";
import { planPortal } from "../../src/commands/aws/sso/import.ts";
import { rosterOf } from "../../src/migration/plan.ts";
import type { Profile } from "../../src/model/profile.ts";

const startUrl = "https://example.awsapps.com/start";
const portal = { settings: { startUrl, region: "eu-west-1" }, network: {} };
const values = { text: () => undefined, all: () => [], has: () => false };
const offered = ["111111111111", "222222222222"].map((account) => ({
  account,
  accountName: account === "111111111111" ? "Prod" : "Other",
  email: undefined,
  role: "Admin",
}));

const stored = (startUrl: string, accountId: string): Profile => ({
  name: "Prod-Admin",
  source: { kind: "identity-center", startUrl, region: "eu-west-1", accountId, roleName: "Admin" },
  roleArns: [],
  role: {},
  network: {},
});

const vanity = "https://sso.example.com";
const table: readonly (readonly [what: string, there: Profile, isKept: boolean])[] = [
  ["of the portal, for another of its accounts", stored(startUrl, "222222222222"), true],
  ["of an unresolved URL, for another of its accounts", stored(vanity, "222222222222"), true],
  ["of an unresolved URL, for the same account", stored(vanity, "111111111111"), false],
  ["of an unresolved URL, for an unknown account", stored(vanity, "999999999999"), false],
  [
    "of another portal",
    stored("https://other.awsapps.com/start", "222222222222"),
    false,
  ],
];

for (const [what, there, isKept] of table) {
  Deno.test(`sso import: ${isKept ? "never replaces" : "may replace"} a profile ${what}`, () => {
    const { incoming, skipped } = planPortal(offered, portal, values, rosterOf([there]));
    assert.equal(incoming.some(({ name }) => name === "Prod-Admin"), !isKept);
    const [first] = skipped;
    const why = "profile Prod-Admin belongs to account 222222222222; use --name with {account-id}";
    assert.deepEqual(first?.why, isKept ? why : undefined);
  });
}
