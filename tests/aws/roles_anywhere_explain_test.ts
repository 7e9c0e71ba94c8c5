// Refusals of IAM Roles Anywhere are explained by AWS's words, not by the names in them.

import assert from "node:assert/strict";
import { refusedByAnywhere } from "../../src/aws/roles_anywhere_explain.ts";
import { anchorArn, anywhereProfileArn } from "../support/fake_aws/anywhere.ts";
import { testStart } from "../support/test_system.ts";

const day = 86_400_000;

function explained(message: string, roleArn: string): string {
  const certificate = {
    ...{ subject: "CN=web", issuer: "CN=Example CA", isForClients: true },
    ...{ begins: testStart - day, ends: testStart + day },
  };
  const answer = {
    ...{ status: 403, code: "AccessDeniedException", body: { message } },
    ...{ requestId: undefined, skew: 0 },
  };
  const about = { trustAnchorArn: anchorArn, profileArn: anywhereProfileArn };
  return refusedByAnywhere(
    "https://rolesanywhere.us-east-1.amazonaws.com/",
    "CreateSession",
    answer,
    {
      ...about,
      ...{ roleArn, certificate, now: testStart },
    },
  ).message;
}

Deno.test("CreateSession: a role's name never decides what a refusal means", () => {
  for (const name of ["instance-profile", "expired", "revoked", "signature-not-yet", "duration"]) {
    const arn = `arn:aws:iam::123456789012:role/${name}`;
    assert.equal(
      explained(`Unable to assume role for ${arn}`, arn),
      `rolesanywhere.us-east-1.amazonaws.com refused CreateSession: the role ${arn} cannot be assumed`,
    );
  }
  assert.match(
    explained(`Profile ${anywhereProfileArn} is disabled`, ""),
    /the Roles Anywhere profile arn:\S+ is disabled$/,
  );
});
