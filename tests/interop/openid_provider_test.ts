// Tokens of a real OpenID provider (`oidc-provider`): the STS finds its keys through discovery, as AWS
// does, and athm reads the token from a file, a variable and a command.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";
import { athmHome } from "../support/athm_home.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";

const account = "123456789012";
const role = `arn:aws:iam::${account}:role/ci`;
const client = { id: "pipeline-7", secret: "provider-secret-of-pipeline-7" };

/** The provider; its client is a job that gets tokens for the audience that it requests. */
interface RunningProvider extends AsyncDisposable {
  readonly issuer: string;
  /** A token that is valid for the provider's 600 seconds. */
  token(audience: string): Promise<string>;
}

async function startProvider(): Promise<RunningProvider> {
  // The provider must know its own URL.
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...await exportJWK(privateKey), kid: "k1", alg: "RS256", use: "sig" };
  const provider = new Provider(issuer, {
    clients: [{
      client_id: client.id,
      client_secret: client.secret,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    }],
    jwks: { keys: [key] },
    scopes: ["sts"],
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: "sts",
          audience: resource.replace(/^urn:audience:/, ""),
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    cookies: { keys: ["only for people, of whom there are none here"] },
  });
  server.on("request", provider.callback());
  return {
    issuer,
    token: async (audience) => {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
        body: new URLSearchParams({
          grant_type: "client_credentials",
          scope: "sts",
          resource: `urn:audience:${audience}`,
        }),
      });
      const answer = await response.json();
      assert.equal(response.status, 200, JSON.stringify(answer));
      return answer.access_token;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Runs a test with the provider, an AWS that trusts it, and a home. */
function interop(
  name: string,
  run: (world: {
    readonly provider: RunningProvider;
    readonly aws: FakeAws;
    readonly home: Awaited<ReturnType<typeof athmHome>>;
  }) => Promise<void>,
): void {
  Deno.test(`OpenID provider: ${name}`, async () => {
    await using provider = await startProvider();
    await using aws = await startFakeAws();
    await using home = await athmHome({ ROLE: role, STS: aws.url });
    const { issuer } = provider;
    aws.addIdentityProvider({ account, issuer, audiences: ["sts.amazonaws.com"] });
    aws.addRole({ arn: role, webIdentity: { issuer, subject: client.id } });
    await run({ provider, aws, home });
  });
}

const ask = `--endpoint-url "$STS" --role-arn "$ROLE" --session-name job-7`;
const session = `arn:aws:sts::${account}:assumed-role/ci/job-7\n`;

interop("its token assumes the role, from a variable, a command and a file", async (world) => {
  const { provider, home, aws } = world;
  const token = await provider.token("sts.amazonaws.com");
  const variable = await home.run(`athm aws whoami --web-identity env:JOB ${ask}`, { JOB: token });
  assert.deepEqual([variable.out, variable.err, variable.exit], [session, "", 0]);
  const printed = `athm aws whoami --web-identity 'command:printenv JOB' ${ask}`;
  assert.equal((await home.run(printed, { JOB: token })).out, session);

  await Deno.writeTextFile(`${home.folder}/token`, token);
  const added = await home.run(`athm aws add pod --web-identity file:token ${ask}`);
  assert.equal(added.exit, 0, added.err);
  const kept = aws.calls.length;
  assert.equal((await home.run("athm aws exec pod -- echo ran")).out, "ran\n");
  assert.equal(aws.calls.length, kept);
  assert.ok(!JSON.stringify([variable, added]).includes(token));
});

interop("a token with another key, audience or time is rejected", async (world) => {
  const { provider, home, aws } = world;
  const run = async (token: string) => {
    const { exit, err, out } = await home.run(`athm aws whoami --web-identity env:JOB ${ask}`, {
      JOB: token,
    });
    assert.deepEqual([exit, out], [1, ""]);
    assert.ok(!err.includes(token));
    return err;
  };
  const other = await run(await provider.token("https://elsewhere.example.com"));
  assert.match(other, /does not allow the token's audience/);
  assert.match(other, /aud "https:\/\/elsewhere\.example\.com", sub "pipeline-7"/);

  const token = await provider.token("sts.amazonaws.com");
  await using stranger = await startProvider();
  assert.match(await run(await stranger.token("sts.amazonaws.com")), /no identity provider/);
  const [head, claims] = token.split(".");
  const foreign = (await stranger.token("sts.amazonaws.com")).split(".")[2];
  assert.match(await run([head, claims, foreign].join(".")), /not signed by/);

  aws.skew(16 * 60_000);
  assert.match(await run(token), /the identity token has expired.*\n.*valid until/);
});

interop("a stopped provider is reported as unreachable", async ({ aws, home }) => {
  const gone = await startProvider();
  const token = await gone.token("sts.amazonaws.com");
  await gone[Symbol.asyncDispose]();
  const { issuer } = gone;
  aws.addIdentityProvider({ account, issuer, audiences: ["sts.amazonaws.com"] });
  const { exit, err } = await home.run(`athm aws whoami --web-identity env:JOB ${ask}`, {
    JOB: token,
  });
  assert.equal(exit, 1);
  assert.match(err, /could not fetch the provider's keys/);
});
