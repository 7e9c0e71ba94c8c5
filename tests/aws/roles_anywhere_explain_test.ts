// Refusals of IAM Roles Anywhere are explained by AWS's words, not by the names in them.

import assert from "node:assert/strict";
import type { Failure } from "../../src/model/failure.ts";
import { refusedByAnywhere } from "../../src/aws/roles_anywhere_explain.ts";
import { anchorArn, anywhereProfileArn } from "../support/fake_aws/anywhere.ts";
import { testStart } from "../support/test_system.ts";

const day = 86_400_000;

function explained(message: string, roleArn: string, isKept = false): Failure {
  const certificate = {
    ...{ subject: "CN=web", issuer: "CN=Example CA", isKept },
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
  );
}

Deno.test("CreateSession: a role's name never decides what a refusal means", () => {
  for (const name of ["instance-profile", "expired", "revoked", "signature-not-yet", "duration"]) {
    const arn = `arn:aws:iam::123456789012:role/${name}`;
    assert.equal(
      explained(`Unable to assume role for ${arn}`, arn).message,
      `rolesanywhere.us-east-1.amazonaws.com refused CreateSession: the role ${arn} cannot be assumed`,
    );
  }
  assert.match(
    explained(`Profile ${anywhereProfileArn} is disabled`, "").message,
    /the Roles Anywhere profile arn:\S+ is disabled$/,
  );
});

Deno.test("CreateSession: a new file does not replace a certificate that athm keeps", () => {
  const hint = (isKept: boolean) => explained("Certificate revoked", "", isKept).hint;
  const get = "get a new certificate from your CA, and";
  assert.equal(hint(false), `${get} replace the file`);
  assert.equal(hint(true), `${get} add the profile again with --force`);
});
