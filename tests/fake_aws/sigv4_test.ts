/**
 * The fake's SigV4 implementation against signatures published by AWS.
 *
 * ListUsers: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-examples.html (as in
 * the General Reference of 2015); the others are of the "aws-sig-v4-test-suite", which botocore
 * keeps under tests/unit/auth/aws4_testsuite.
 */

import assert from "node:assert/strict";
import { canonicalRequest, sha256Hex, sign } from "../support/fake_aws/sigv4.ts";

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const dateTime = "20150830T123600Z";
const utf8 = new TextEncoder();

interface Vector {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signature: string;
}

const vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

const vectors: readonly Vector[] = [
  { name: "get-vanilla", signature: vanilla },
  {
    name: "get-vanilla-query-order-key-case",
    query: "Param2=value2&Param1=value1",
    signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  },
  {
    name: "get-vanilla-query-unreserved",
    query: "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=" +
      "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  },
  {
    name: "get-utf8",
    path: "/ሴ",
    signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
  },
  { name: "normalize-path/get-relative", path: "/example/..", signature: vanilla },
  {
    name: "normalize-path/get-slashes",
    path: "//example//",
    signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  },
  {
    name: "get-header-value-trim",
    headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' },
    signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  },
  {
    name: "post-vanilla",
    method: "POST",
    signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  },
  {
    name: "post-x-www-form-urlencoded",
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Param1=value1",
    signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  },
];

for (const vector of vectors) {
  Deno.test(`SigV4 vector ${vector.name}`, async () => {
    const headers = new Map(Object.entries({
      host: "example.amazonaws.com",
      "x-amz-date": dateTime,
      ...vector.headers,
    }));
    const parts = {
      method: vector.method ?? "GET",
      path: vector.path ?? "/",
      query: vector.query ?? "",
      headers,
      signedHeaders: [...headers.keys()],
      body: utf8.encode(vector.body ?? ""),
    };
    const scope = { date: "20150830", region: "us-east-1", service: "service" };
    assert.equal(await sign(parts, dateTime, scope, secret), vector.signature);
  });
}

Deno.test("SigV4 as documented for IAM ListUsers, step by step", async () => {
  const parts = {
    method: "GET",
    path: "/",
    query: "Action=ListUsers&Version=2010-05-08",
    headers: new Map([
      ["content-type", "application/x-www-form-urlencoded; charset=utf-8"],
      ["host", "iam.amazonaws.com"],
      ["x-amz-date", dateTime],
    ]),
    signedHeaders: ["content-type", "host", "x-amz-date"],
    body: new Uint8Array(),
  };
  assert.equal(
    await sha256Hex(utf8.encode(await canonicalRequest(parts))),
    "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
  );
  const scope = { date: "20150830", region: "us-east-1", service: "iam" };
  assert.equal(
    await sign(parts, dateTime, scope, secret),
    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  );
});
