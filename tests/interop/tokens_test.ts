/** The AWS CLI and boto3 make the same tokens from the same keys at the same time. */
import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Session } from "../../src/model/credentials.ts";
import type { ResolvedProfile } from "../../src/model/profile.ts";
import { serviceEndpoint } from "../../src/model/service_endpoint.ts";
import { artifactToken, repositoryEndpoint } from "../../src/tokens/codeartifact.ts";
import { describedCluster } from "../../src/tokens/cluster.ts";
import { askedRepository, gitCredential } from "../../src/tokens/codecommit.ts";
import { execCredential } from "../../src/tokens/eks.ts";
import { databaseToken } from "../../src/tokens/rds.ts";
import { presignedObject } from "../../src/tokens/s3.ts";
import { findAwsClients } from "../support/aws_clients.ts";
import { unless } from "../support/programs.ts";
import { testSystem } from "../support/test_system.ts";

const found = await findAwsClients();
const skipped = typeof found === "string" ? found : undefined;

const keys = {
  id: "ASIAIOSFODNN7EXAMPLE",
  secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  token: "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+/=",
};

const objects = [
  { method: "GET", bucket: "my-bucket", key: "a/b.txt", expires: 3600 },
  { method: "PUT", bucket: "my-bucket", key: "ü (1)+?#&=%/~*'!.zip", expires: 900 },
  { method: "HEAD", bucket: "my.bucket", key: "dots", expires: 604_800 },
  { method: "DELETE", bucket: "my-bucket", key: "/begins//with slashes/", expires: 1 },
];

/** What Git writes to a credential helper. */
const git = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/mine\n";

/** What boto3 sends, as athm asks for it. */
const requests = [
  ["codeartifact", "get_authorization_token", {
    ...{ domain: "acme", domainOwner: "210987654321", durationSeconds: 900 },
  }],
  ["codeartifact", "get_repository_endpoint", {
    ...{ domain: "acme", repository: "main", format: "pypi" },
  }],
  ["eks", "describe_cluster", { name: "prod_1" }],
] as const;

/** Service, FIPS and dual-stack. The rules name a FIPS host of ECR that AWS's list does not have. */
function endpointsWith(fips: boolean) {
  const services = fips ? ["eks", "s3"] as const : ["codeartifact", "ecr", "eks", "s3"] as const;
  return services.flatMap((service) =>
    [false, true].map((dualstack) => [service, fips, dualstack] as const)
  );
}

interface Oracle {
  readonly eks: { readonly token: string; readonly expirationTimestamp: string };
  readonly rds: string;
  readonly s3: readonly string[];
  readonly git: { readonly username: string; readonly password: string };
  readonly endpoints: readonly string[];
  readonly requests: readonly { readonly method: string; readonly url: string }[];
}

/** A fixed moment, and one of a leap day just before midnight. */
const moments = [Date.parse("2026-11-26T20:00:00Z"), Date.parse("2028-02-29T23:59:59Z")];

async function oracle(asked: unknown): Promise<Oracle> {
  assert.ok(typeof found !== "string");
  const script = decodeURIComponent(new URL("tokens_oracle.py", import.meta.url).pathname);
  const child = new Deno.Command(found.python, {
    args: [script],
    clearEnv: true,
    env: { HOME: "/nonexistent", PATH: "/usr/bin:/bin" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(asked)));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A request without regard to the order of its parameters. */
function inOrder(method: string, url: string): string {
  const { origin, pathname, searchParams } = new URL(url);
  searchParams.sort();
  return `${method} ${origin}${pathname}?${searchParams}`;
}

/** A machine whose requests are noted in `sent` and refused. */
function recording(now: number, sent: string[]) {
  const refusal = { status: 400, headers: new Headers(), body: new TextEncoder().encode("{}") };
  const http = () =>
    Promise.resolve({
      send: ({ method, url }: { readonly method: string; readonly url: string }) => {
        sent.push(inOrder(method, url));
        return Promise.resolve(refusal);
      },
      [Symbol.dispose]() {},
    });
  return testSystem({ now, system: { http } });
}

const cases = [
  { region: "eu-west-1", fips: false },
  { region: "us-east-1", fips: true },
  { region: "cn-northwest-1", fips: false },
  { region: "us-gov-west-1", fips: true },
];

for (const [at, { region, fips }] of cases.entries()) {
  Deno.test({
    ...unless(skipped, `tokens: as boto3 makes them in ${region}${fips ? " with FIPS" : ""}`),
    fn: async () => {
      const now = moments[at % 2]!;
      const session: Session = {
        accessKeyId: keys.id,
        secretAccessKey: new Secret(keys.secret),
        sessionToken: new Secret(keys.token),
        issued: now - 1000,
        expires: now + 3600_000,
      };
      const profile: ResolvedProfile = {
        name: "example",
        source: { kind: "ambient" },
        roleArns: [],
        role: {},
        network: { region, ...fips ? { fips } : {} },
      };
      const endpoints = endpointsWith(fips);
      const sent: string[] = [];
      const system = recording(now, sent);
      const from = { profile, session };
      const database = { host: `db.abc.${region}.rds.amazonaws.com`, port: 5432, user: "o'neil" };
      const theirs = await oracle({
        ...{
          now,
          keys,
          region,
          fips,
          database,
          objects,
          cluster: "prod_1",
          git,
          requests,
          endpoints,
        },
      });
      const { status } = JSON.parse(
        await execCredential(system, from, { cluster: "prod_1", region }),
      );
      assert.deepEqual(status, theirs.eks);
      assert.equal(await databaseToken(system, from, database, region), theirs.rds);
      for (const [index, object] of objects.entries()) {
        const url = await presignedObject(system, from, object, { ...object, region });
        assert.equal(url, theirs.s3[index]);
      }
      const plain = { session, profile: { ...profile, network: { region } } };
      const domain = { domain: "acme", region };
      const owned = { ...domain, owner: "210987654321" };
      await assert.rejects(() => artifactToken(system, plain, owned, 900), Failure);
      await assert.rejects(
        () => repositoryEndpoint(system, plain, domain, "main", "pypi"),
        Failure,
      );
      await assert.rejects(() => describedCluster(system, plain, "prod_1", region), Failure);
      assert.deepEqual(sent, theirs.requests.map(({ method, url }) => inOrder(method, url)));
      assert.deepEqual(
        endpoints.map(([service, fips, dualstack]) =>
          serviceEndpoint(service, region, { fips, dualstack }).url
        ),
        theirs.endpoints,
      );
      const repository = askedRepository(git);
      assert.ok(repository);
      const lines = (await gitCredential(system, from, repository)).split("\n");
      assert.equal(lines[0], `username=${theirs.git.username}`);
      assert.equal(lines[1], `password=${theirs.git.password}`);
    },
  });
}
