// AssumeRoleWithSAML over real HTTP against the fake AWS, which checks the XML signature.

import assert from "node:assert/strict";
import { connectSts } from "../../src/aws/sts.ts";
import { Secret } from "../../src/model/secret.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { patientSystem, realHttp } from "../support/real_http.ts";
import { goodRole, type ResponseOptions, samlResponse } from "../support/saml/response.ts";
import { signingPair } from "../support/saml/keys.ts";
import { failsAs } from "../support/session_world.ts";

const [roleArn = "", providerArn = ""] = goodRole.split(",");
const pair = await signingPair();

interface World {
  readonly calls: () => string[];
  assume(
    options?: ResponseOptions & { readonly text?: string; readonly duration2?: number },
  ): ReturnType<ReturnType<typeof connectSts>["assumeRoleWithSaml"]>;
}

function story(name: string, run: (world: World) => Promise<void>): void {
  Deno.test(`sts with SAML: ${name}`, async () => {
    await using aws = await startFakeAws();
    using http = await realHttp("http:");
    aws.addRole({ arn: roleArn, maxDuration: 7200 });
    aws.addSamlProvider({ arn: providerArn, issuer: "urn:example:idp", certificate: pair.cert });
    const sts = connectSts(patientSystem(), http, { url: aws.url, signingRegion: "eu-west-1" });
    await run({
      calls: () => aws.calls.map(({ action, status, region }) => `${action} ${status} ${region}`),
      assume: ({ text, duration2, ...options } = {}) =>
        sts.assumeRoleWithSaml({
          roleArn,
          providerArn,
          assertion: new Secret(text ?? samlResponse(pair, options)),
          ...duration2 === undefined ? {} : { duration: duration2 },
        }),
    });
  });
}

for (const signs of ["assertion", "response"] as const) {
  story(`a signed ${signs} yields a session, and the call itself is unsigned`, async (world) => {
    const { session, requestId } = await world.assume({ signs });
    assert.match(session.accessKeyId, /^ASIA/);
    assert.equal(session.arn, "arn:aws:sts::123456789012:assumed-role/dev/ann@example.com");
    assert.equal(session.account, "123456789012");
    assert.ok(requestId);
    // The log shows the region of a signature.
    assert.deepEqual(world.calls(), ["AssumeRoleWithSAML 200 "]);
  });
}

story(
  "an unsigned assertion, or one signed by another key, is rejected in one sentence",
  async (world) => {
    const why = /AssumeRoleWithSAML.*signature, issuer or audience/;
    await failsAs("aws-proof", world.assume({ signs: "none" }), why, /metadata document/);
    const other = await signingPair();
    await failsAs("aws-proof", world.assume({ text: samlResponse(other) }), why);
    // A valid signature over something else does not count.
    const good = atob(samlResponse(pair));
    await failsAs("aws-proof", world.assume({ text: btoa(good.replace("ann@", "eve@")) }), why);
    await failsAs("aws-proof", world.assume({ audience: "urn:example:other" }), why);
    await failsAs("aws-proof", world.assume({ recipient: "https://example.com/" }), why);
    await failsAs("aws-proof", world.assume({ issuer: "urn:example:other" }), why);
  },
);

story("an expired assertion is reported as such", async (world) => {
  const old = world.assume({ now: Date.now() - 6 * 60_000, life: 3_600_000 });
  await failsAs("aws-proof", old, /has expired.*5 minutes/, /NAME --rotate/);
  await failsAs("aws-proof", world.assume({ life: -1000 }), /has expired/);
});

story("a role that is not offered, and a length that is not allowed", async (world) => {
  await failsAs(
    "aws",
    world.assume({ roles: [] }),
    /dev does not exist or does not trust/,
    /SAML:aud/,
  );
  await failsAs("aws-too-long", world.assume({ duration2: 7201 }), /maximum session duration/);
  assert.ok((await world.assume({ duration2: 7200 })).session);
});

story("a session ends when the provider requests", async (world) => {
  const end = Date.now() + 1_800_000;
  const { session } = await world.assume({ sessionNotOnOrAfter: end });
  assert.ok(Math.abs(session.expires - end) < 2000);
});

story("the assertion is in no message", async (world) => {
  const text = samlResponse(pair, { signs: "none" });
  const error = await world.assume({ text }).then(() => assert.fail(), (error) => error);
  const all = `${error.message} ${error.hint} ${error.stack} ${Deno.inspect(error)}`;
  for (let at = 0; at < text.length - 40; at += 20) {
    assert.ok(!all.includes(text.slice(at, at + 40)));
  }
});
