/** Which hosts the real program connects to: behind TLS and a proxy, with their real names. */
import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { createTestAuthority } from "../support/certificates.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../support/connect_proxy.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { anchorArn, anywhereProfileArn, trustRoot } from "../support/fake_aws/anywhere.ts";

const hosts = [
  "sts.us-east-1.amazonaws.com",
  "sts-fips.us-east-1.amazonaws.com",
  "sts-fips.us-west-2.amazonaws.com",
  "sts.us-gov-west-1.amazonaws.com",
  "rolesanywhere-fips.us-east-1.amazonaws.com",
  "127.0.0.1",
];

interface World {
  readonly aws: FakeAws;
  readonly proxy: ConnectProxy;
  readonly home: AthmHome;
  /** The authority's certificate as a file. */
  readonly ca: string;
  /** Each host requested from the proxy, once. */
  asked(): string[];
}

/** A test with a fake AWS for all those names; with `refuses`, the proxy refuses every tunnel. */
function networkTest(
  name: string,
  run: (world: World) => Promise<void>,
  { refuses = false } = {},
): void {
  Deno.test(`endpoint: ${name}`, async () => {
    const authority = await createTestAuthority();
    await using aws = await startFakeAws({ tls: await authority.issue(hosts) });
    await using proxy = startConnectProxy(() => refuses ? undefined : aws.url);
    const key = aws.addUser({ name: "ann" });
    await using home = await athmHome({
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      HTTPS_PROXY: proxy.url,
      // Settings that must not redirect a call.
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_STS: "http://127.0.0.1:1",
    });
    const ca = `${home.folder}/ca.pem`;
    await Deno.writeTextFile(ca, authority.cert);
    await run({ aws, proxy, home, ca, asked: () => [...new Set(proxy.asked)] });
  });
}

function seen({ aws }: World): string[] {
  return aws.calls.map(({ action, host, region, status }) =>
    `${action} ${host} ${region} ${status}`
  );
}

const cases: readonly (readonly [string, string, string])[] = [
  ["--fips --region us-east-1", "sts-fips.us-east-1.amazonaws.com", "us-east-1"],
  [
    "--endpoint-url https://sts-fips.us-west-2.amazonaws.com",
    "sts-fips.us-west-2.amazonaws.com",
    "us-west-2",
  ],
  [
    "--region us-east-1 --endpoint-url https://sts-fips.us-west-2.amazonaws.com/",
    "sts-fips.us-west-2.amazonaws.com",
    "us-west-2",
  ],
  ["--region us-gov-west-1", "sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
  ["", "sts.us-east-1.amazonaws.com", "us-east-1"],
];

for (const [at, [options, host, region]] of cases.entries()) {
  networkTest(`add ${options || "without options"} calls only ${host}`, async (world) => {
    const { home, ca } = world;
    // The two ways to set the authority, in turn.
    const [option, env] = at % 2 ? ["", { AWS_CA_BUNDLE: ca }] : [`--ca-bundle ${ca}`, {}];
    const { exit, err } = await home.run(
      `athm aws add example --from-env ${options} ${option}`,
      env,
    );
    assert.equal(exit, 0, err);
    assert.deepEqual(world.asked(), [`${host}:443`]);
    assert.deepEqual(seen(world), [
      `GetSessionToken ${host} ${region} 200`,
      `GetCallerIdentity ${host} ${region} 200`,
    ]);

    // The stored profile uses it again.
    const rotated = await home.run("athm aws exec example --rotate", env);
    assert.equal(rotated.exit, 0, rotated.err);
    assert.deepEqual(world.asked(), [`${host}:443`]);
    assert.deepEqual(seen(world).slice(2), [`GetSessionToken ${host} ${region} 200`]);
  });
}

networkTest("every link of a chain uses the given endpoint", async (world) => {
  const { aws, home, ca } = world;
  const host = "sts-fips.us-west-2.amazonaws.com";
  const roles = ["one", "two", "three"].map((name) => `arn:aws:iam::123456789012:role/${name}`);
  for (const arn of roles) aws.addRole({ arn });
  const chain = roles.map((arn) => `--role-arn ${arn}`).join(" ");
  const env = { AWS_CA_BUNDLE: ca, AWS_REGION: "eu-west-1" };
  const network = `--endpoint-url https://${host}`;
  const added = await home.run(`athm aws add example --from-env ${chain} ${network}`, env);
  assert.equal(added.exit, 0, added.err);
  const assumed = `AssumeRole ${host} us-west-2 200`;
  assert.deepEqual(seen(world), [assumed, assumed, assumed]);
  assert.deepEqual(aws.calls.map(({ params }) => params["RoleArn"]), roles);

  const top = await home.run(
    `athm aws add top --from example --role-arn ${roles[0]} ${network} && athm aws whoami top`,
    env,
  );
  assert.equal(top.exit, 0, top.err);
  assert.match(top.out, /^arn:aws:sts::123456789012:assumed-role\/one\/athm-\S+\n$/);
  assert.deepEqual(seen(world).slice(3), [assumed, `GetCallerIdentity ${host} us-west-2 200`]);
  assert.deepEqual(world.asked(), [`${host}:443`]);
});

networkTest(
  "a client certificate is sent through the proxy too",
  async ({ aws, home, ca, asked }) => {
    const clients = await createClientAuthority();
    const roleArn = "arn:aws:iam::123456789012:role/build";
    aws.addRole({ arn: roleArn });
    trustRoot(aws.anywhere, clients.root, roleArn);
    const { cert, key } = await clients.issue({ name: "web" });
    const files = { cert, key: String(key), chain: clients.chain };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${home.folder}/${name}.pem`, text);
    }
    const { exit, err } = await home.run(
      `athm aws add build --roles-anywhere --trust-anchor-arn ${anchorArn} ` +
        `--ra-profile-arn ${anywhereProfileArn} --role-arn ${roleArn} --fips --ca-bundle ${ca} ` +
        `--certificate ${home.folder}/cert.pem --chain ${home.folder}/chain.pem ` +
        `--private-key ${home.folder}/key.pem`,
    );
    assert.equal(exit, 0, err);
    assert.deepEqual(asked(), ["rolesanywhere-fips.us-east-1.amazonaws.com:443"]);
    assert.deepEqual(aws.calls.map(({ action, status }) => `${action} ${status}`), [
      "CreateSession 201",
    ]);
  },
);

networkTest(
  "a certificate of an unknown authority is an error with the option to trust it",
  async (world) => {
    const { home } = world;
    const { exit, out, err } = await home.run("athm aws add example --from-env");
    assert.equal(exit, 1);
    assert.equal(out, "");
    const [error, hint, ...more] = err.split("\n");
    assert.equal(
      error,
      "athm: error: the certificate of sts.us-east-1.amazonaws.com is not trusted",
    );
    assert.match(hint ?? "", /^athm: hint: .*--ca-bundle FILE or AWS_CA_BUNDLE$/);
    assert.deepEqual(more, [""]);
    assert.deepEqual(world.aws.calls, []);
    assert.equal(world.proxy.asked.length, 1);
  },
);

networkTest("an unrelated certificate authority does not help", async (world) => {
  const { home } = world;
  const stranger = `${home.folder}/stranger.pem`;
  await Deno.writeTextFile(stranger, (await createTestAuthority()).cert);
  const { exit, err } = await home.run(
    `athm aws add example --from-env --ca-bundle ${stranger}`,
  );
  assert.equal(exit, 1);
  assert.match(err, /^athm: error: the certificate of \S+ is not trusted$/m);
  assert.deepEqual(world.aws.calls, []);
});

networkTest(
  "a proxy's refusal is reported as such, with the requested host",
  async (world) => {
    const { home, ca } = world;
    const { exit, out, err } = await home.run(`athm aws add example --from-env --ca-bundle ${ca}`);
    assert.equal(exit, 1);
    assert.equal(out, "");
    assert.match(
      err,
      /^athm: error: cannot reach sts\.us-east-1\.amazonaws\.com through the proxy 127\.0\.0\.1:\d+: the proxy refused\nathm: hint: .*HTTPS_PROXY/,
    );
    assert.deepEqual(world.asked(), ["sts.us-east-1.amazonaws.com:443"]);
    assert.deepEqual(world.aws.calls, []);
  },
  { refuses: true },
);

networkTest("a NO_PROXY host is reached without the proxy", async (world) => {
  const { home, ca, aws } = world;
  const { exit, err } = await home.run(
    `athm aws add example --from-env --ca-bundle ${ca} --endpoint-url ${aws.url}`,
    { NO_PROXY: "127.0.0.1" },
  );
  assert.equal(exit, 0, err);
  assert.equal(aws.calls[0]?.status, 200);
  assert.deepEqual(world.proxy.asked, []);
});

networkTest(
  "--fips in a region without a FIPS endpoint is refused before any connection",
  async (world) => {
    const { home, ca } = world;
    const { exit, out, err } = await home.run(
      `athm aws add example --from-env --fips --region eu-west-1 --ca-bundle ${ca}`,
    );
    assert.equal(exit, 2);
    assert.equal(out, "");
    assert.match(err, /^athm: error: --fips: STS has no FIPS endpoint in eu-west-1$/m);
    for (const region of ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-west-1"]) {
      assert.match(err, new RegExp(`^athm: hint: .*\\b${region}\\b`, "m"));
    }
    assert.deepEqual(world.proxy.asked, []);
    assert.deepEqual(world.aws.calls, []);
  },
);
