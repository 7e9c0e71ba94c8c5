// The console's sign-in with third-party software: botocore and the JavaScript SDK refresh at the
// fake one, so athm is tested against what AWS's own clients expect; and the hosts that the SDK
// calls.

import assert from "node:assert/strict";
import { calculateJwkThumbprint } from "jose";
import { newProofKey } from "../../src/aws/dpop.ts";
import type { ProofKey } from "../../src/model/console_sign_in.ts";
import { consoleSignInUrl } from "../../src/model/console_sign_in.ts";
import { Failure } from "../../src/model/failure.ts";
import { knownRegions } from "../../src/model/partitions.ts";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { findSigninPython } from "../support/aws_clients.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { consolePrincipal, newSigninSecret } from "../support/fake_aws/signin.ts";
import { denoDir } from "../support/story_shim.ts";

const arn = "arn:aws:sts::123456789012:assumed-role/Developer/ann";
const posix = Deno.build.os !== "windows";
const found = posix ? await findSigninPython() : "it is looked for on Unix";
const missing = typeof found === "string" ? found : undefined;

/** The key as the AWS CLI writes it: SEC 1 (RFC 5915) in PEM. */
function sec1({ x, y, d }: ProofKey): string {
  const bytes = (text: string) => [...Uint8Array.fromBase64(text, { alphabet: "base64url" })];
  const curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
  const publicKey = [0xa1, 0x44, 0x03, 0x42, 0x00, 0x04, ...bytes(x), ...bytes(y)];
  const content = [0x02, 0x01, 0x01, 0x04, 0x20, ...bytes(d.reveal()), ...curve, ...publicKey];
  const base64 = new Uint8Array([0x30, content.length, ...content]).toBase64();
  const lines = base64.match(/.{1,64}/g)?.join("\n");
  return `-----BEGIN EC PRIVATE KEY-----\n${lines}\n-----END EC PRIVATE KEY-----\n`;
}

interface ClientsHome extends AthmHome {
  /** The clients' cached sign-in. */
  readonly cache: string;
}

/** What AWS's clients read: a config file, and a cached sign-in with expired keys. */
async function clientsHome({ signin, url }: FakeAws): Promise<ClientsHome> {
  const home = await athmHome({
    AWS_ENDPOINT_URL_SIGNIN: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_EC2_METADATA_DISABLED: "true",
  });
  const key = await newProofKey();
  const { x, y } = key;
  const clientId = "arn:aws:signin:::devtools/same-device";
  const refreshToken = newSigninSecret(signin, "", 1200);
  const session = {
    clientId,
    thumbprint: await calculateJwkThumbprint({ kty: "EC", crv: "P-256", x, y }),
    principal: consolePrincipal(arn),
    endsAt: Date.now() + 3600_000,
  };
  signin.refreshTokens.set(refreshToken, { session, used: false });
  const token = {
    accessToken: {
      accessKeyId: "ASIAIOSFODNN7EXAMPLE",
      secretAccessKey: "one-that-has-run-out",
      sessionToken: "one-that-has-run-out",
      accountId: "123456789012",
      expiresAt: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, "Z"),
    },
    tokenType: "aws_sigv4",
    clientId,
    refreshToken,
    idToken: "e30.e30.c2ln",
    dpopKey: sec1(key),
    signInRegion: "eu-west-1",
  };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(arn));
  const cache = `${home.folder}/.aws/login/cache/${new Uint8Array(digest).toHex()}.json`;
  await Deno.mkdir(`${home.folder}/.aws/login/cache`, { recursive: true });
  await Deno.writeTextFile(cache, JSON.stringify(token));
  const config = `[profile dev]\nlogin_session = ${arn}\nregion = us-east-2\n`;
  await Deno.writeTextFile(`${home.folder}/.aws/config`, config);
  return { ...home, cache };
}

/** Makes the kept keys expire, as after 15 minutes. */
async function runOut({ cache }: ClientsHome): Promise<void> {
  const token = JSON.parse(await Deno.readTextFile(cache));
  token.accessToken.expiresAt = "2026-01-01T00:00:00Z";
  await Deno.writeTextFile(cache, JSON.stringify(token));
}

const actions = (aws: FakeAws) => aws.calls.map(({ action, status }) => `${action} ${status}`);

function withPython(name: string, run: (python: string) => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} [SKIPPED: ${missing}]`,
    ignore: missing !== undefined,
    fn: () => typeof found === "string" ? assert.fail(found) : run(found.python),
  });
}

withPython(
  "aws-login: botocore refreshes at the fake, each time with the next token",
  async (python) => {
    await using aws = await startFakeAws();
    await using home = await clientsHome(aws);
    const script = [
      "import boto3",
      "s = boto3.Session(profile_name='dev')",
      "print(s.client('sts').get_caller_identity()['Arn'])",
    ].join("\n");
    await Deno.writeTextFile(`${home.folder}/who.py`, script);
    for (const _ of [1, 2]) {
      const ran = await home.run(`${python} who.py`);
      assert.equal(ran.exit, 0, ran.err);
      assert.equal(ran.out.trim(), arn);
      await runOut(home);
    }
    assert.deepEqual(actions(aws), [
      "CreateOAuth2Token 200",
      "GetCallerIdentity 200",
      "CreateOAuth2Token 200",
      "GetCallerIdentity 200",
    ]);
  },
);

withPython("aws-login: botocore recognizes every error of the fake", async (python) => {
  await using aws = await startFakeAws();
  await using home = await clientsHome(aws);
  const script = `
import boto3, botocore.exceptions as e
try:
    boto3.Session(profile_name='dev').client('sts').get_caller_identity()
    print('done')
except e.ClientError as error: print(type(error).__name__, error.response['error'])
except e.BotoCoreError as error: print(type(error).__name__)
`;
  await Deno.writeTextFile(`${home.folder}/why.py`, script);
  const why = async () => (await home.run(`${python} why.py`)).out.trim();
  const refused = async (status: number, code: string) => {
    aws.behave({ kind: "fail", status, code, message: "x", action: "CreateOAuth2Token" });
    return await why();
  };
  assert.equal(await refused(403, "TOKEN_EXPIRED"), "LoginRefreshRequired");
  assert.equal(await refused(403, "USER_CREDENTIALS_CHANGED"), "LoginRefreshRequired");
  assert.equal(await refused(403, "INSUFFICIENT_PERMISSIONS"), "LoginInsufficientPermissions");
  // A used token, as after a race of two processes.
  const kept = await Deno.readTextFile(home.cache);
  assert.equal(await why(), "done");
  await Deno.writeTextFile(home.cache, kept);
  assert.equal(await why(), "ValidationException INVALID_REQUEST");
});

/** Runs a script with the project's packages, the way AWS's JavaScript SDK is used. */
async function javascript(home: AthmHome, script: string): Promise<string> {
  const repository = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "-q", "--frozen", `--config=${repository}deno.json`, script],
    clearEnv: true,
    env: { ...Object.fromEntries(home.env), DENO_DIR: await denoDir() },
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("aws-login: the JavaScript SDK refreshes at the fake, each time with the next token", async () => {
  await using aws = await startFakeAws();
  await using home = await clientsHome(aws);
  const script = `
    import { fromLoginCredentials } from "@aws-sdk/credential-providers";
    const endpoint = ${JSON.stringify(aws.url)};
    const provider = fromLoginCredentials({ profile: "dev", clientConfig: { endpoint } });
    const { accessKeyId, expiration } = await provider();
    console.log(accessKeyId.slice(0, 4), expiration > new Date());
  `;
  for (const _ of [1, 2]) {
    assert.equal(await javascript(home, script), "ASIA true");
    await runOut(home);
  }
  assert.deepEqual(actions(aws), ["CreateOAuth2Token 200", "CreateOAuth2Token 200"]);
});

Deno.test("aws-login: athm and the JavaScript SDK call the same host in every region", async () => {
  await using aws = await startFakeAws();
  await using home = await clientsHome(aws);
  const { AWS_ENDPOINT_URL_SIGNIN: _, ...env } = Object.fromEntries(home.env);
  const script = `
    import { fromLoginCredentials } from "@aws-sdk/credential-providers";
    const token = await Deno.readTextFile(${JSON.stringify(home.cache)});
    for (const [region, useFipsEndpoint] of ${
    JSON.stringify(knownRegions.flatMap((region) => [[region, false], [region, true]]))
  }) {
      // The sign-in's region would override the requested one.
      const { signInRegion: _, ...rest } = JSON.parse(token);
      await Deno.writeTextFile(${JSON.stringify(home.cache)}, JSON.stringify(rest));
      let host = "none";
      const requestHandler = {
        handle(request) {
          host = request.protocol + "//" + request.hostname + request.path;
          throw Object.assign(new Error("stop"), { name: "AccessDeniedException" });
        },
      };
      const clientConfig = { region, useFipsEndpoint, requestHandler, maxAttempts: 1 };
      await fromLoginCredentials({ profile: "dev", clientConfig })().catch(() => {});
      console.log(region, useFipsEndpoint, host);
    }
  `;
  const said = await javascript({ ...home, env: new Map(Object.entries(env)) }, script);
  const hosts = new Map(
    said.split("\n").map((line) => {
      const [region = "", fips = "", host = ""] = line.split(" ");
      return [`${region} ${fips}`, host];
    }),
  );
  for (const region of knownRegions) {
    const own = consoleSignInUrl({ region, endpoint: "aws" });
    assert.equal(hosts.get(`${region} false`), `${own}/v1/token`);
    const fips = hosts.get(`${region} true`);
    if (region.startsWith("us-gov-")) {
      assert.equal(fips, `${consoleSignInUrl({ region, endpoint: "fips" })}/v1/token`);
    } else assert.throws(() => consoleSignInUrl({ region, endpoint: "fips" }), Failure);
  }
});
