// Start URLs: whether AWS serves them, which region they name, and where an organization's own URL
// leads.

import assert from "node:assert/strict";
import fc from "fast-check";
import { portalBehind } from "../../src/aws/vanity_url.ts";
import { Failure } from "../../src/model/failure.ts";
import { isAwsPortal, parseStartUrl, regionInStartUrl } from "../../src/model/start_url.ts";
import { proveAtPortal } from "../../src/sources/portal_role.ts";
import { connect } from "../../src/system/http.ts";
import { portalTest } from "../support/portal_world.ts";
import { failsAs } from "../support/session_world.ts";
import { testSystem } from "../support/test_system.ts";

/** Host names after the instance's label, and the region that they name. */
const regional = [
  ["portal.eu-central-1.app.aws", "eu-central-1"],
  ["portal.us-gov-west-1.app.aws", "us-gov-west-1"],
  ["eu-west-1.portal.amazonaws.com", "eu-west-1"],
  ["cn-north-1.portal.amazonaws.com.cn", "cn-north-1"],
  ["portal.cn-northwest-1.app.amazonwebservices.com.cn", "cn-northwest-1"],
  ["eusc-de-east-1.portal.amazonaws.eu", "eusc-de-east-1"],
  ["portal.eusc-de-east-1.api.amazonwebservices.eu", "eusc-de-east-1"],
] as const;

/** AWS hosts without a region: the suffixes, the exact hosts, and a label that is not a region. */
const unnamed = [
  ...["awsapps.com", "awsapps.cn", "app.aws", "app.amazonwebservices.com.cn"],
  ...["portal.amazonaws.com", "portal.amazonaws.com.cn", "portal.amazonaws.eu"],
  ...["api.amazonwebservices.eu"],
].flatMap((suffix) => [suffix, `example.${suffix}`, `start.us-gov-home.${suffix}`]).concat(
  ["identitycenter.amazonaws.com", "identitycenter.amazonaws.com.cn"],
  ["identitycenter.amazonaws.eu", "identitycenter.us-gov.amazonaws.com"],
  ["ssoins-1.portal.nowhere.app.aws", "ssoins-1.nowhere.portal.amazonaws.com"],
);

const others = [
  ...["sso.example.com", "awsapps.com.example.com", "myawsapps.com", "app.aws.example"],
  ...["ssoins-1.portal.eu-central-1.app.aws.example.com", "evil-app.aws", "amazonaws.com"],
  ...["x.identitycenter.amazonaws.com", "identitycenter.amazonaws.com.example"],
  ...["portal.amazonaws.com.de", "api.aws", "xportal.amazonaws.eu"],
];

Deno.test("start URLs: a host names its region, and is the portal whatever follows it", () => {
  for (const [rest, region] of regional) {
    const kept = `https://ssoins-7223aabbccddeeff.${rest}`;
    const forms = ["", "/", "/start", "/start/#/?tab=accounts", ":443/start", "./start"]
      .flatMap((end) => [kept + end, kept.replace("https://ssoins", "HTTPS://SSOINS") + end]);
    for (const typed of forms) {
      assert.equal(parseStartUrl(typed), kept, typed);
      assert.equal(regionInStartUrl(kept), region);
      assert.ok(isAwsPortal(kept), kept);
    }
  }
});

Deno.test("start URLs: other hosts of AWS name no region, and keep their path", () => {
  for (const host of unnamed) {
    const url = `https://${host}/directory/d-123`;
    assert.equal(parseStartUrl(`${url}/#/`), url);
    assert.ok(isAwsPortal(url), url);
    assert.equal(regionInStartUrl(url), undefined, url);
  }
});

Deno.test("start URLs: hosts that only look like AWS's are not", () => {
  for (const host of others) {
    const url = parseStartUrl(`https://${host}/start`);
    assert.equal(isAwsPortal(url), false, url);
    assert.equal(regionInStartUrl(url), undefined, url);
  }
});

Deno.test("start URLs: what is kept stays the same when it is parsed again", () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
  const host = fc.constantFrom(...unnamed, ...others, ...regional.map(([rest]) => rest));
  let kept = 0;
  fc.assert(fc.property(label, host, fc.webPath(), (own, rest, path) => {
    let once;
    try {
      once = parseStartUrl(`https://${own}.${rest}${path}`);
    } catch (error) {
      return assert.ok(error instanceof Failure, String(error));
    }
    kept++;
    assert.equal(parseStartUrl(once), once);
  }));
  assert.ok(kept > 20, `${kept}`);
});

const vanityUrl = "https://sso.example.com/aws";
const portal = "https://ssoins-7223aa.portal.eu-central-1.app.aws";

/** A server's responses by method, and its requests. */
function behind(answers: Readonly<Record<string, Response>>) {
  const asked: string[] = [];
  const http = connect((url, { method = "", headers, redirect }) => {
    asked.push(`${method} ${url}`);
    assert.deepEqual([headers, redirect], [{ "user-agent": "athm" }, "manual"]);
    return Promise.resolve(answers[method]?.clone() ?? new Response(null, { status: 404 }));
  }, () => {});
  return { asked, outcome: () => portalBehind(testSystem(), http, vanityUrl) };
}

const to = (location: string, status = 302) =>
  new Response(null, { status, headers: { location } });

Deno.test("start URLs: an organization's own URL is one redirect, which is not followed", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const end of ["", "/", "/start?token=secret#/"]) {
      const { outcome, asked } = behind({ HEAD: to(portal + end, status) });
      assert.equal(await outcome(), portal);
      assert.deepEqual(asked, [`HEAD ${vanityUrl}`]);
    }
  }
  const alias = "https://example.awsapps.com/start";
  assert.equal(await behind({ HEAD: to(`${alias}/#/`) }).outcome(), alias);
  for (const status of [405, 501]) {
    const { outcome, asked } = behind({ HEAD: new Response(null, { status }), GET: to(portal) });
    assert.equal(await outcome(), portal);
    assert.deepEqual(asked, [`HEAD ${vanityUrl}`, `GET ${vanityUrl}`]);
  }
});

Deno.test("start URLs: any other answer is refused, and only its host is quoted", async () => {
  const none = /aws is not an access portal of AWS and does not redirect to one \(HTTP \d+\)$/;
  const other = /aws redirects to https?:\/\/[a-z0-9.-]+, which is not an access portal of AWS$/;
  const invalid = /aws redirects to an invalid URL, which is not an access portal of AWS$/;
  const refusals: readonly (readonly [Response, RegExp])[] = [
    [new Response("portal"), none],
    [new Response(null, { status: 302 }), none],
    [new Response(null, { status: 404, headers: { location: portal } }), none],
    [new Response(null, { status: 300, headers: { location: portal } }), none],
    [to("https://login.example.com/?token=secret"), other],
    [to("/start"), other],
    [to(portal.replace("https:", "http:")), other],
    [to("https://user:secret@login.example.com/start"), other],
    [to(`https://example.awsapps.com/${"x".repeat(5000)}`), invalid],
    [to("javascript:alert(1)"), invalid],
    [to("https://"), invalid],
  ];
  for (const [answer, message] of refusals) {
    const { outcome, asked } = behind({ HEAD: answer });
    const hint = /^use the start URL that the access portal shows under Access keys$/;
    await failsAs("source", outcome(), message, hint);
    assert.deepEqual(asked, [`HEAD ${vanityUrl}`]);
    await assert.rejects(outcome(), (error) => !/secret/.test(String(error)));
  }
});

portalTest(
  "a profile learns AWS's URL from its organization's, and shares the sign-in",
  async (world) => {
    const { aws, context, calls } = world;
    aws.sso.startUrl = portal;
    aws.sso.vanity = { location: `${portal}/`, head: true };
    aws.sso.accounts = [{ id: "123456789012", name: "Production", roles: ["Admin"] }];
    const role = { kind: "identity-center", accountId: "123456789012", roleName: "Admin" } as const;
    const proving = (startUrl: string, region: string) =>
      proveAtPortal({ ...role, startUrl, region }, {
        ...context,
        network: {},
        after: 0,
        region,
        ask: () => assert.fail(),
        help: () => assert.fail("no program was expected"),
        browserFolder: () => assert.fail(),
      }, undefined);
    const first = await proving("https://sso.example.com/vanity", "eu-west-1");
    assert.ok("source" in first);
    assert.deepEqual(first.source, { ...role, startUrl: portal, region: "eu-central-1" });
    assert.ok(calls().includes("CreateToken 200"));
    const second = await proving(portal, "eu-central-1");
    assert.ok("source" in second);
    assert.deepEqual(second.proof, first.proof);
    assert.deepEqual(calls(), []);
  },
);
