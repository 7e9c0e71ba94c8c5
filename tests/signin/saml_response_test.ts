// SAML responses: what athm reads and rejects, and that nothing in them does harm.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { awsSamlPatterns, isAwsSamlEndpoint } from "../../src/signin/saml/aws_saml_endpoint.ts";
import { readSamlResponse } from "../../src/signin/saml/saml_response.ts";
import { anyCharacter } from "../support/any_character.ts";
import { signingPair } from "../support/saml/keys.ts";
import {
  base64,
  goodRole,
  type ResponseOptions,
  responseXml,
  samlResponse,
} from "../support/saml/response.ts";

const read = (xml: string) => readSamlResponse(new Secret(base64(xml)));
const [roleArn = "", providerArn = ""] = goodRole.split(",");

function refused(xml: string, says: RegExp, hint = /(?:)/): void {
  assert.throws(() => read(xml), (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, "source");
    assert.match(error.message, says);
    assert.match(error.hint ?? "", hint);
    return true;
  });
}

Deno.test("saml response: reads what AWS needs, signed or not", async () => {
  const now = Date.parse("2026-03-04T05:06:07.000Z");
  const options: ResponseOptions = { now, duration: "7200", roles: [goodRole] };
  for (const text of [base64(responseXml(options)), samlResponse(await signingPair(), options)]) {
    // Forms wrap base64.
    const folded = text.replace(/.{76}/g, "$&\r\n");
    assert.deepEqual(readSamlResponse(new Secret(folded)), {
      roles: [{ roleArn, providerArn }],
      duration: 7200,
      issuer: "urn:example:idp",
      audiences: ["urn:amazon:webservices"],
      issued: now,
      notOnOrAfter: now + 300_000,
    });
  }
});

Deno.test("saml response: reads roles in both orders, with spaces, once each, in their partitions", () => {
  const gov = "arn:aws-us-gov:iam::123456789012:role/path/to/ops";
  const govIdp = "arn:aws-us-gov:iam::123456789012:saml-provider/idp";
  const roles = [
    goodRole,
    `${providerArn}, ${roleArn}`,
    ` ${govIdp} , ${gov} `,
    "Everyone",
    `${roleArn}`,
    // In a list, these would control the terminal.
    `${roleArn}\x9b2J,${providerArn}`,
    `${roleArn}\u202e,${providerArn}`,
    `${roleArn},${roleArn}`,
    `${roleArn},${providerArn},extra`,
    "arn:aws:iam::1:role/x,arn:aws:iam::1:saml-provider/y",
  ];
  assert.deepEqual(read(responseXml({ roles })).roles, [
    { roleArn, providerArn },
    { roleArn: gov, providerArn: govIdp },
  ]);
  assert.deepEqual(read(responseXml({ roles: [] })).roles, []);
});

Deno.test("saml response: a denial quotes only the provider's message", () => {
  refused(
    responseXml({ status: "Responder", statusMessage: "Not \x9b2J you.\nAsk \u202eIT" }),
    /^the identity provider denied the sign-in \(Responder\): Not 2J you\. Ask IT$/,
    /assigned/,
  );
  const long = "x".repeat(5000);
  assert.throws(() => read(responseXml({ status: "Requester", statusMessage: long })), (error) => {
    return error instanceof Failure && error.message.length < 300;
  });
  const inner = responseXml({ status: "Responder" })
    .replace(
      'Responder"/>',
      'Responder"><samlp:StatusCode Value="urn:x:RequestDenied"/></samlp:StatusCode>',
    );
  refused(inner, /RequestDenied/);
});

Deno.test("saml response: rejects anything else in one sentence", () => {
  refused("", /it is empty/);
  refused("<html><body>login</body></html>", /not a SAML 2\.0 Response/);
  refused("<Response/>", /not a SAML 2\.0 Response/);
  refused(responseXml().replace("</samlp:Response>", ""), /not well-formed/);
  refused(
    responseXml({ encrypted: true }),
    /the assertion is encrypted/,
    /disable assertion encryption/,
  );
  refused(
    responseXml({ audience: "urn:example:payroll" }),
    /is for urn:example:payroll, not for AWS/,
  );
  const good = responseXml();
  const [assertion = ""] = /<saml:Assertion.*<\/saml:Assertion>/.exec(good) ?? [];
  refused(
    good.replace("</samlp:Response>", `${assertion}</samlp:Response>`),
    /more than one/,
  );
  // An assertion outside the response itself is ignored.
  refused(good.replace(assertion, `<x>${assertion}</x>`), /contains no assertion/);
  assert.throws(() => readSamlResponse(new Secret("§")), /not base64/);
  assert.throws(() => readSamlResponse(new Secret("A".repeat(100_004))), /100004 characters/);
  assert.throws(
    () => readSamlResponse(new Secret(btoa("\xff\xfe"))),
    /not base64-encoded UTF-8 text/,
  );
});

Deno.test("saml response: rejects document types, entities, depth and too many elements", () => {
  const bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]>' +
    responseXml().replace("ann@example.com", "&c;&c;&c;");
  refused(bomb, /document type/);
  refused('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + responseXml(), /document type/);
  refused(responseXml().replace("ann@example.com", "&unknown;"), /not well-formed/);
  const deep = (levels: number) => "<a>".repeat(levels) + "</a>".repeat(levels);
  refused(
    responseXml().replace("<samlp:Status>", `${deep(70)}<samlp:Status>`),
    /too many elements/,
  );
  refused(
    responseXml().replace("<samlp:Status>", `${"<a/>".repeat(6000)}<samlp:Status>`),
    /too many elements/,
  );
  const wide = Array.from({ length: 100 }, (_, index) => `a${index}="x"`).join(" ");
  refused(
    responseXml().replace("<samlp:Status>", `<a ${wide}/><samlp:Status>`),
    /too many attributes/,
  );
});

Deno.test("saml response: anything is parsed, or rejected without quoting a secret", () => {
  const good = responseXml();
  const changes = fc.array(
    fc.tuple(fc.nat(good.length), fc.nat(40), fc.string({ unit: anyCharacter, maxLength: 12 })),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(changes, (edits) => {
      const changed = edits.reduce(
        (text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length),
        good,
      );
      try {
        const { roles } = read(changed);
        for (const role of roles) assert.match(role.roleArn, /^arn:[a-z-]+:iam::\d{12}:role\/\S+$/);
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
        assert.ok(error.message.length < 400, error.message);
        assert.doesNotMatch(error.message, /ann@example\.com|\p{Cc}/u);
      }
    }),
    { numRuns: 150 },
  );
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => {
    assert.throws(() => readSamlResponse(new Secret(text)), Failure);
  }));
});

Deno.test("saml endpoint: accepts only AWS's own URLs, in every partition", () => {
  const yes = [
    "https://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com/saml/acs/SAMLSPXXXXX",
    "https://us-east-1.signin.aws.amazon.com/saml",
    "https://eu-central-1.signin.aws.amazon.com/saml?x=y",
    "https://signin.amazonaws-us-gov.com/saml",
    "https://us-gov-west-1.signin.amazonaws-us-gov.com/saml",
    "https://signin-fips.amazonaws-us-gov.com/saml",
    "https://us-gov-east-1.signin-fips.amazonaws-us-gov.com/saml",
    "https://signin.amazonaws.cn/saml",
    "https://cn-north-1.signin.amazonaws.cn/saml",
    "https://signin.amazonaws-eusc.eu/saml",
    "https://eusc-de-east-1.signin.amazonaws-eusc.eu/saml",
    "https://us-iso-east-1.signin.c2shome.ic.gov/saml",
    "https://signin.sc2shome.sgov.gov/saml",
  ];
  for (const url of yes) assert.ok(isAwsSamlEndpoint(new URL(url)), url);
  const no = [
    "http://signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com.example.com/saml",
    "https://evil.signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com:8443/saml",
    "https://me@signin.aws.amazon.com/saml",
    "https://signin.aws.amazon.com/samlish",
    "https://signin.aws.amazon.com/",
    "https://cn-north-1.signin.aws.amazon.com/saml",
    "https://aws.amazon.com/saml",
    "https://signin-fips.aws.amazon.com/saml",
    "https://us-isob-east-1.signin.c2shome.ic.gov/saml",
  ];
  for (const url of no) assert.ok(!isAwsSamlEndpoint(new URL(url)), url);
  // The browser's pattern of requests to pause covers all of these.
  const patterns = awsSamlPatterns.map((pattern) =>
    new RegExp(`^${pattern.replace(/[.?+]/g, "\\$&").replaceAll("*", ".*")}$`)
  );
  for (const url of yes) assert.ok(patterns.some((pattern) => pattern.test(url)), url);
});
