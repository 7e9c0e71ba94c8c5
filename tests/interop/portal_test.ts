// The access portal with third-party software: the AWS CLI, boto3 and the JavaScript SDK accept the
// fake one, so athm is tested against what AWS's own clients expect; and the callback page in a real
// browser.

import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { findAwsClients } from "../support/aws_clients.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { newSsoSecret } from "../support/fake_aws/sso.ts";
import { account } from "../support/portal_home.ts";
import { noTerminal, onPath, unless } from "../support/programs.ts";
import { findPty, runAtTerminal } from "../support/terminal_session.ts";

const posix = Deno.build.os !== "windows";
const clients = posix ? await findAwsClients() : "they are looked for on Unix";
const pty = posix ? await findPty() : undefined;
const chromium = ["chromium", "chromium-browser", "google-chrome"].map(onPath).find(Boolean);

/** A test that is skipped if there is a reason. */
function test(name: string, reason: string | undefined, run: () => Promise<void>): void {
  Deno.test({ ...unless(reason, name), fn: run });
}

/** What AWS's clients read: a config file, and an expired token in their cache. */
async function clientsHome(aws: FakeAws): Promise<AthmHome> {
  const { sso } = aws;
  sso.accounts = Array.from({ length: 130 }, (_, index) => ({
    id: String(Number(account) + index),
    name: `account ${index}`,
    roles: ["Admin", "ReadOnly"],
  }));
  const home = await athmHome({
    AWS_ENDPOINT_URL_SSO: aws.url,
    AWS_ENDPOINT_URL_SSO_OIDC: aws.url,
    AWS_ENDPOINT_URL_STS: aws.url,
    AWS_EC2_METADATA_DISABLED: "true",
  });
  const config = [
    "[sso-session corp]",
    `sso_start_url = ${sso.startUrl}`,
    "sso_region = eu-west-1",
    "sso_registration_scopes = sso:account:access",
    "[profile work]",
    "sso_session = corp",
    `sso_account_id = ${account}`,
    "sso_role_name = Admin",
    "region = eu-west-1",
    "",
  ].join("\n");
  await Deno.mkdir(`${home.folder}/.aws/sso/cache`, { recursive: true });
  await Deno.writeTextFile(`${home.folder}/.aws/config`, config);
  const client = {
    id: "client",
    secret: newSsoSecret(sso, "", 60),
    grantTypes: ["refresh_token"],
    redirectUris: [],
    scopes: ["sso:account:access"],
    expiresAt: Date.now() + 3_600_000,
  };
  sso.clients.set(client.id, client);
  const refreshToken = newSsoSecret(sso, "", 60);
  sso.refreshTokens.set(refreshToken, {
    clientId: client.id,
    signIn: { revoked: false },
    used: false,
  });
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode("corp"));
  const name = new Uint8Array(digest).toHex();
  const token = {
    startUrl: sso.startUrl,
    region: "eu-west-1",
    accessToken: "one-that-has-run-out",
    expiresAt: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, "Z"),
    clientId: client.id,
    clientSecret: client.secret,
    registrationExpiresAt: new Date(client.expiresAt).toISOString().replace(/\.\d+Z/, "Z"),
    refreshToken,
  };
  await Deno.writeTextFile(`${home.folder}/.aws/sso/cache/${name}.json`, JSON.stringify(token));
  return home;
}

const caller = new RegExp(`arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Admin_\\w+/ann`);

function actions(aws: FakeAws): string[] {
  return aws.calls.map(({ action, status }) => `${action} ${status}`);
}

const noClients = typeof clients === "string" ? clients : undefined;

test(
  "portal: boto3 refreshes its token here and gets the role's credentials",
  noClients,
  async () => {
    assert.ok(typeof clients === "object");
    await using aws = await startFakeAws();
    await using home = await clientsHome(aws);
    const script = [
      "import boto3",
      "s = boto3.Session(profile_name='work')",
      "print(s.client('sts').get_caller_identity()['Arn'])",
    ].join("\n");
    const ran = await home.run(`${clients.python} -c "${script}"`);
    assert.equal(ran.exit, 0, ran.err);
    assert.match(ran.out, caller);
    assert.deepEqual(actions(aws), [
      "CreateToken 200",
      "GetRoleCredentials 200",
      "GetCallerIdentity 200",
    ]);
  },
);

test("portal: the AWS CLI gets the role's credentials here", noClients, async () => {
  assert.ok(typeof clients === "object");
  await using aws = await startFakeAws();
  await using home = await clientsHome(aws);
  const ran = await home.run(`${clients.aws} sts get-caller-identity --profile work`);
  assert.equal(ran.exit, 0, ran.err);
  assert.match(ran.out, caller);
});

test(
  "portal: boto3 reads the lists page by page and recognizes every error",
  noClients,
  async () => {
    assert.ok(typeof clients === "object");
    await using aws = await startFakeAws();
    await using home = await clientsHome(aws);
    const script = `
import boto3, botocore
from botocore.config import Config
o = boto3.client('sso-oidc', region_name='eu-west-1')
p = boto3.client('sso', region_name='eu-west-1', config=Config(signature_version=botocore.UNSIGNED))
def name(call, **more):
    try: call(**more); return 'done'
    except botocore.exceptions.ClientError as e: return type(e).__name__
c = o.register_client(clientName='x', clientType='public', scopes=['sso:account:access'])
who = dict(clientId=c['clientId'], clientSecret=c['clientSecret'])
d = o.start_device_authorization(startUrl='${aws.sso.startUrl}', **who)
grant = dict(grantType='urn:ietf:params:oauth:grant-type:device_code', deviceCode=d['deviceCode'], **who)
print(name(o.create_token, **grant))
print(name(o.create_token, **grant))
print(name(o.create_token, grantType='refresh_token', refreshToken='x', **who))
print(name(o.create_token, grantType='refresh_token', refreshToken='x', clientId='x', clientSecret='x'))
print(name(o.register_client, clientName='x', clientType='private'))
print(name(o.register_client, clientName='x', clientType='public', scopes=['y']))
print(name(o.start_device_authorization, startUrl='https://other.awsapps.com/start', **who))
import urllib.request, time
urllib.request.urlopen(d['verificationUriComplete']).read()
time.sleep(1)
t = o.create_token(**grant)['accessToken']
print(sum(len(page['accountList']) for page in p.get_paginator('list_accounts').paginate(accessToken=t)))
print(len(p.list_account_roles(accessToken=t, accountId='${account}')['roleList']))
r = p.get_role_credentials(accessToken=t, accountId='${account}', roleName='ReadOnly')['roleCredentials']
print(len(r['accessKeyId']), r['expiration'] > time.time() * 1000)
print(name(p.get_role_credentials, accessToken=t, accountId='${account}', roleName='Nope'))
p.logout(accessToken=t)
print(name(p.list_accounts, accessToken=t))
`;
    await Deno.writeTextFile(`${home.folder}/all.py`, script);
    const ran = await home.run(`${clients.python} all.py`);
    assert.equal(ran.exit, 0, ran.err);
    assert.deepEqual(ran.out.trim().split("\n"), [
      "AuthorizationPendingException",
      "SlowDownException",
      "InvalidGrantException",
      "InvalidClientException",
      "InvalidClientMetadataException",
      "InvalidScopeException",
      "InvalidRequestException",
      "130",
      "2",
      "20 True",
      "ClientError",
      "UnauthorizedException",
    ]);
  },
);

Deno.test("portal: the JavaScript SDK refreshes its token here and gets the role's credentials", async () => {
  await using aws = await startFakeAws();
  await using home = await clientsHome(aws);
  const repository = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const script = `
    import { fromSSO } from "@aws-sdk/credential-providers";
    const { accessKeyId, expiration } = await fromSSO({ profile: "work" })();
    console.log(accessKeyId.slice(0, 4), expiration instanceof Date);
  `;
  const { denoDir } = await import("../support/story_shim.ts");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "-q", "--frozen", `--config=${repository}deno.json`, script],
    clearEnv: true,
    env: { ...Object.fromEntries(home.env), DENO_DIR: await denoDir() },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(new TextDecoder().decode(stdout), "ASIA true\n");
  assert.deepEqual(actions(aws), ["CreateToken 200", "GetRoleCredentials 200"]);
});

const noChromium = noTerminal(pty) ?? (chromium ? undefined : "chromium is not installed");

test(
  "portal: a person signs in with Chromium, then may close the page",
  noChromium,
  async () => {
    assert.ok(pty && chromium);
    await using aws = await startFakeAws();
    aws.sso.accounts = [{ id: account, name: "Production", roles: ["Admin"] }];
    await using home = await athmHome();
    const flags = "--headless --no-sandbox --disable-gpu --enable-logging=stderr --dump-dom";
    const browser = [
      "#!/bin/sh",
      `exec ${chromium} ${flags} --user-data-dir="$HOME/chromium" "$1" >"$HOME/dom" 2>"$HOME/log"`,
      "",
    ].join("\n");
    await Deno.writeTextFile(`${home.folder}/browser`, browser, { mode: 0o755 });
    home.env.set("BROWSER", `${home.folder}/browser`);
    const at = `--sso-endpoint-url ${aws.url} --sso-oidc-endpoint-url ${aws.url}`;
    const role = `--sso-region eu-west-1 --sso-account ${account} --sso-role Admin`;
    const watched = await runAtTerminal(
      pty,
      `athm aws add prod --sso-start-url ${aws.sso.startUrl} ${role} ${at}`,
      [
        { kind: "see", pattern: /passphrase/, line: 0 },
        { kind: "type", text: "", line: 0 },
        // Wait until the browser exits: it writes the page then.
        { kind: "wait", milliseconds: 500, line: 0 },
      ],
      { cwd: home.folder, env: home.env, limit: 60_000 },
    );
    assert.equal(watched.exit, 0, watched.screen);
    assert.match(watched.screen, /identity-center/);
    let dom = "";
    for (let left = 100; left > 0 && !dom.includes("</html>"); left--) {
      await new Promise((done) => setTimeout(done, 100));
      dom = await Deno.readTextFile(`${home.folder}/dom`);
    }
    assert.match(dom, /<h1>Signed in<\/h1>/);
    assert.match(dom, /You may close this page/);
    const log = await Deno.readTextFile(`${home.folder}/log`);
    assert.doesNotMatch(log, /Refused to|Content Security Policy/);
  },
);
