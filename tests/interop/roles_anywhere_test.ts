// AWS's own helper for IAM Roles Anywhere and athm at the same fake: with the settings imported from
// the helper's command line, athm signs the same request, except for the headers that AWS's SDK adds.

import assert from "node:assert/strict";
import { createSession } from "../../src/aws/roles_anywhere.ts";
import { helperSettings } from "../../src/migration/signing_helper.ts";
import { proveByCertificate } from "../../src/sources/roles_anywhere_sign_in.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { anchorArn, anywhereProfileArn, trustRoot } from "../support/fake_aws/anywhere.ts";
import { peer, ran, unless } from "../support/programs.ts";

const helper = peer("aws_signing_helper", "go/rolesanywhere-credential-helper");
const reason = helper ? undefined : "aws_signing_helper is not installed";
const roleArn = "arn:aws:iam::123456789012:role/build";

/** Without what differs between two requests, and what the SDK adds. */
function shape(canonical: string): string {
  return canonical
    .replaceAll(/^amz-sdk-[a-z-]+:.*\n/gm, "")
    .replaceAll(/amz-sdk-[a-z-]+;/g, "")
    .replace(/^(x-amz-date:).*$/m, "$1");
}

Deno.test({
  ...unless(reason, "roles anywhere: AWS's helper and athm sign the same request"),
  fn: async () => {
    await using aws = await startFakeAws();
    const authority = await createClientAuthority();
    aws.addRole({ arn: roleArn });
    trustRoot(aws.anywhere, authority.root, roleArn);
    const folder = await Deno.makeTempDir({ prefix: "athm-anywhere-" });
    const file = (name: string) => `${folder}/${name}`;
    const system = denoSystem();
    try {
      for (const key of ["rsa", "p256", "p384"] as const) {
        const { cert, key: pem } = await authority.issue({ name: "web", key });
        await Deno.writeTextFile(file("cert.pem"), cert);
        await Deno.writeTextFile(file("key.pem"), String(pem));
        await Deno.writeTextFile(file("chain.pem"), authority.chain);
        const args = [
          "credential-process",
          ...["--certificate", file("cert.pem"), "--private-key", file("key.pem")],
          ...["--intermediates", file("chain.pem"), "--trust-anchor-arn", anchorArn],
          ...["--profile-arn", anywhereProfileArn, "--role-arn", roleArn],
          ...["--endpoint", aws.url, "--region", "us-east-1", "--session-duration", "900"],
        ];
        const theirs = await ran(helper ?? "", args);
        assert.equal(theirs?.code, 0, theirs?.err);
        const source = helperSettings(`aws_signing_helper ${args.join(" ")}`, {})?.source;
        assert.ok(source?.kind === "roles-anywhere");
        const unused = () => assert.fail("not needed");
        const proven = await proveByCertificate(source, {
          system,
          network: {},
          proofs: { get: unused, forget: unused },
          http: (url) => system.http(url),
          ask: unused,
          help: unused,
          browserFolder: unused,
          region: "us-east-1",
          after: 0,
        });
        assert.ok("proof" in proven);
        const { endpoint, signer } = proven.proof;
        using http = await system.http(endpoint.url);
        await createSession(system, http, endpoint, signer, { ...source, roleArn, duration: 900 });
        const [first = "", second = ""] = aws.anywhere.verified.splice(0);
        assert.equal(shape(second), shape(first), key);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
