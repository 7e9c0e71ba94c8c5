/** athm's signer against one that was written from the specification alone. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  percentEncoded,
  presigned,
  signedHeaders,
  type Signing,
  unsignedPayload,
} from "../../src/aws/sigv4.ts";
import { Secret } from "../../src/model/secret.ts";
import {
  canonicalRequest,
  sha256Hex,
  sign,
  signature,
  type SignedParts,
  stringToSign,
} from "../support/fake_aws/sigv4.ts";

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const token = new Secret("IQoJb3JpZ2luX2VjEJr//+token=");

function signingAt(at: number, service: string): Signing {
  const credentials = {
    accessKeyId: "ASIAIOSFODNN7EXAMPLE",
    secretAccessKey: new Secret(secret),
    sessionToken: token,
  };
  return { credentials, service, region: "eu-west-1", at };
}

const scopeAt = (date: string, service: string) => ({
  date: date.slice(0, 8),
  region: "eu-west-1",
  service,
});

const word = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z-]{0,10}$/), { maxLength: 5 });
const time = fc.integer({ min: 0, max: 4e12 });

Deno.test("signer: the headers of any request are what the specification computes", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(word, { maxLength: 4 }),
    names,
    word,
    fc.string({ maxLength: 50, unit: "grapheme" }),
    time,
    async (segments, query, value, body, at) => {
      const path = `/${
        segments.map(percentEncoded).filter((each) => !/^\.+$/.test(each)).join("/")
      }`;
      const search = query.map((name) => `${name}=${percentEncoded(value)}`).join("&");
      const url = `https://codeartifact.eu-west-1.amazonaws.com${path}${search && `?${search}`}`;
      const given = { "x-amz-target": "A.B", "content-type": "application/x-amz-json-1.1" };
      const request = { method: "POST", url, headers: given };
      const headers = await signedHeaders(signingAt(at, "codeartifact"), request, body);
      const [, signed = "", proof] = /SignedHeaders=([^,]+), Signature=(\w+)$/
        .exec(headers.authorization ?? "") ?? [];
      assert.ok(
        ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"].every((name) =>
          signed.split(";").includes(name)
        ),
      );
      const parts: SignedParts = {
        method: "POST",
        path,
        query: search,
        headers: new Map(Object.entries({ ...headers, host: new URL(url).host })),
        signedHeaders: signed.split(";"),
        body: new TextEncoder().encode(body),
      };
      const date = headers["x-amz-date"] ?? "";
      assert.equal(proof, await sign(parts, date, scopeAt(date, "codeartifact"), secret));
    },
  ));
});

for (const [service, payload] of [["rds-db", undefined], ["s3", unsignedPayload]] as const) {
  Deno.test(`signer: a presigned URL of ${service} verifies`, async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.stringMatching(/^[\w~ü -]{1,8}$/), { minLength: 1, maxLength: 3 }),
      word,
      fc.integer({ min: 1, max: 604_800 }),
      time,
      async (segments, value, expires, at) => {
        const path = service === "s3" ? `/${segments.map(percentEncoded).join("/")}` : "/";
        const url = `https://x.eu-west-1.amazonaws.com:3306${path}?DBUser=${percentEncoded(value)}`;
        const method = "GET";
        const made = await presigned(signingAt(at, service), { method, url }, expires, payload);
        const { pathname, search, searchParams } = new URL(made);
        assert.equal(pathname, path);
        assert.equal(searchParams.get("X-Amz-Expires"), `${expires}`);
        assert.equal(searchParams.get("X-Amz-Security-Token"), token.reveal());
        const date = searchParams.get("X-Amz-Date") ?? "";
        const parts: SignedParts = {
          method,
          path,
          query: search.slice(1).replace(/&X-Amz-Signature=\w+$/, ""),
          headers: new Map([["host", "x.eu-west-1.amazonaws.com:3306"]]),
          signedHeaders: ["host"],
          body: new Uint8Array(),
        };
        let canonical = await canonicalRequest(parts);
        if (service === "s3") {
          // S3 neither encodes the path again nor knows the body.
          const [verb, , ...rest] = canonical.split("\n");
          canonical = [verb, path, ...rest.slice(0, -1), unsignedPayload].join("\n");
        } else assert.ok(canonical.endsWith(await sha256Hex(new Uint8Array())));
        const scope = scopeAt(date, service);
        const expected = await signature(secret, await stringToSign(canonical, date, scope), scope);
        assert.equal(searchParams.get("X-Amz-Signature"), expected);
      },
    ));
  });
}
