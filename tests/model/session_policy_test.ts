// Which policies can be stored under a name.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { checkNamedPolicy, mostAllowed } from "../../src/model/session_policy.ts";

const policy = (...statements: readonly unknown[]) => JSON.stringify({ Statement: statements });
const allow = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };

const refused: readonly (readonly [string, RegExp])[] = [
  ["{", /is not valid JSON/],
  ["[]", /must be a JSON object/],
  ["{}", /allows nothing/],
  [policy(), /allows nothing/],
  [policy({ ...allow, Effect: "Deny" }), /allows nothing/],
  [policy({ ...allow, Effect: "allow" }), /requires the Effect Allow or Deny/],
  [policy("Allow"), /a Statement must be an object/],
  [policy({ Effect: "Allow", Resource: "*" }), /requires an Action or NotAction/],
  [policy({ ...allow, Action: [] }), /requires an Action or NotAction/],
  [policy({ ...allow, Action: "GetObject" }), /"GetObject" is not an action/],
  [policy({ ...allow, Action: ["s3:Get Object"] }), /is not an action/],
  [policy({ ...allow, Action: [7] }), /7 is not an action/],
  [policy(allow, { ...allow, Action: "s3" }), /"s3" is not an action/],
  [policy(allow, { Effect: "Allow", Action: null, NotAction: "a:b" }), /null is not an action/],
  [policy({ ...allow, Sid: "x".repeat(16 * 1024) }), /exceeds 16384 characters/],
];

for (const [text, says] of refused) {
  Deno.test(`named policy: rejects ${text.slice(0, 60)}`, () => {
    assert.throws(() => checkNamedPolicy(text, "policy.json"), (error) => {
      assert.ok(error instanceof Failure && error.code === "usage");
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("named policy: accepts one statement or many, wildcards and NotAction", () => {
  for (
    const text of [
      JSON.stringify({ Version: "2012-10-17", Statement: allow }),
      policy(allow, { ...allow, Effect: "Deny", Action: ["s3:Delete*", "kms:?ecrypt"] }),
      policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }),
      policy({ ...allow, Action: "*" }),
    ]
  ) assert.equal(checkNamedPolicy(text, "policy.json"), text);
});

Deno.test("named policy: any text is accepted unchanged or rejected as a usage error", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ Statement: fc.anything() }).map((value) => JSON.stringify(value) ?? ""),
    fc.array(fc.record({
      Effect: fc.constantFrom("Allow", "Deny", 1),
      Action: fc.oneof(fc.string(), fc.array(fc.string()), fc.constant("s3:*")),
    })).map((all) => policy(...all)),
  );
  fc.assert(fc.property(text, (each) => {
    try {
      assert.equal(checkNamedPolicy(each, "policy.json"), each);
    } catch (error) {
      assert.ok(error instanceof Failure && error.code === "usage", String(error));
    }
  }));
});

Deno.test("named policy: a person sees the widest actions first", () => {
  const many = Array.from({ length: 20 }, (_, at) => `s3:Get${at}`);
  for (
    const [text, shown] of [
      [policy(allow), "s3:GetObject"],
      [policy({ ...allow, Action: [...many, "*"] }), /^\*, s3:Get0, .* and 11 more$/],
      [policy({ ...allow, Action: many }, { ...allow, Action: "iam:*" }), /^iam:\*, s3:Get0, /],
      [
        policy(allow, { Effect: "Allow", NotAction: ["iam:*", "sts:*"], Resource: "*" }),
        "everything except iam:*, sts:*, s3:GetObject",
      ],
      [policy(allow, { ...allow, Effect: "Deny", Action: "*" }), "s3:GetObject"],
      ...refused.map(([text]) => [text, "unknown: athm cannot read it"] as const),
    ] as const
  ) {
    if (typeof shown === "string") assert.equal(mostAllowed(text), shown);
    else assert.match(mostAllowed(text), shown);
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    assert.equal(typeof mostAllowed(text), "string");
  }));
});

Deno.test("named policy: a person is not shown half of what AWS may read", () => {
  const twice = '{"Effect":"Allow","Action":"s3:GetObject","Acti\\u006fn" :"*","Resource":"*"}';
  for (
    const text of [
      policy({ ...allow, action: "*" }),
      JSON.stringify({ Statement: allow, statement: { ...allow, Action: "*" } }),
      `{"Statement":[${twice}]}`,
      `{"Statement":${JSON.stringify({ ...allow, Action: "*" })},"Statement":${
        JSON.stringify(allow)
      }}`,
      policy(allow).replace('"*"', `${"[".repeat(8000)}${"]".repeat(8000)}`),
    ]
  ) assert.equal(mostAllowed(text), "unknown: athm cannot read it", text.slice(0, 200));
  const Condition = { StringEquals: { 'a:"b" :': ["x", 'Action":'], "a:c": '\\"' } };
  const whole = { Sid: "One", ...allow, Condition, NotPrincipal: { AWS: "*" } };
  const text = JSON.stringify(
    { Version: "2012-10-17", Id: "x", Statement: [whole, whole] },
    null,
    2,
  );
  assert.equal(mostAllowed(text), "s3:GetObject");
});
