/** The programs that take athm's tokens: kubectl, skopeo and psql, with servers that check them. */
import assert from "node:assert/strict";
import { athmHome } from "../support/athm_home.ts";
import { createTestAuthority } from "../support/certificates.ts";
import { startConnectProxy } from "../support/connect_proxy.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { missing, ran, unless } from "../support/programs.ts";
import { denoDir } from "../support/story_shim.ts";

const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

async function world() {
  const aws = await startFakeAws();
  const user = aws.addUser({ account: "123456789012" });
  const home = await athmHome({
    // The clients run athm with its whole command line, from source too.
    DENO_DIR: await denoDir(),
    AWS_ENDPOINT_URL_EKS: aws.url,
    AWS_ENDPOINT_URL_ECR: aws.url,
  });
  const added = await home.run(
    `athm aws add example --from-env --region eu-west-1 --endpoint-url ${aws.url}`,
    { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey },
  );
  assert.equal(added.exit, 0, added.err);
  return {
    aws,
    home,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      await aws[Symbol.asyncDispose]();
    },
  };
}

/** Kubernetes 1.22 and later know the version that athm writes. Debian 12 has an older one. */
async function oldKubectl(): Promise<string | undefined> {
  const told = await ran("kubectl", ["version", "--client", "-o", "json"]);
  const { clientVersion = {} } = told?.code === 0 ? JSON.parse(told.out) : {};
  const minor = Number.parseInt(clientVersion.minor ?? "0");
  return minor >= 22 ? undefined : "kubectl 1.22 or newer is not installed";
}

Deno.test({
  ...unless(await oldKubectl(), "clients: kubectl runs athm for its token, and reads its file"),
  fn: async () => {
    await using our = await world();
    const { aws, home } = our;
    const made = await home.run("athm aws kubeconfig prod example --alias prod");
    assert.equal(made.exit, 0, made.err);
    const authority = await createTestAuthority();
    const bearers: string[] = [];
    const server = Deno.serve(
      {
        hostname: "127.0.0.1",
        port: 0,
        ...await authority.issue(["127.0.0.1"]),
        onListen: () => {},
      },
      (request) => {
        bearers.push(request.headers.get("authorization") ?? "");
        return Response.json({ major: "1", minor: "34" });
      },
    );
    try {
      await Deno.writeTextFile(`${home.folder}/ca.pem`, authority.cert);
      // kubectl edits the file itself, so it accepts what athm wrote.
      const cluster = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
      const set = await home.run(
        `kubectl config set-cluster ${cluster} --server https://127.0.0.1:${server.addr.port}` +
          " --certificate-authority ca.pem --embed-certs",
      );
      assert.equal(set.exit, 0, set.err);
      const { exit, out, err } = await home.run("kubectl --context prod get --raw /version");
      assert.equal(exit, 0, err);
      assert.equal(JSON.parse(out).minor, "34");
    } finally {
      await server.shutdown();
    }
    const [, token = ""] = /^Bearer k8s-aws-v1\.([\w-]+)$/.exec(bearers[0] ?? "") ?? [];
    const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
    const url = new URL(new TextDecoder().decode(bytes));
    assert.equal(url.host, "sts.eu-west-1.amazonaws.com");
    const [id = "", ...scope] = url.searchParams.get("X-Amz-Credential")?.split("/") ?? [];
    assert.equal(aws.identity(id)?.account, "123456789012");
    assert.deepEqual(scope.slice(1), ["eu-west-1", "sts", "aws4_request"]);
    assert.equal(url.searchParams.get("X-Amz-SignedHeaders"), "host;x-k8s-aws-id");
    // And back: what kubectl wrote, athm reads and removes.
    const removed = await home.run("athm aws kubeconfig prod example --remove");
    assert.match(removed.err, /: removed the context prod$/m);
    const left = await home.run("kubectl config get-contexts -o name");
    assert.deepEqual([left.exit, left.out], [0, ""]);
  },
});

Deno.test({
  ...unless(missing("skopeo"), "clients: skopeo gets a registry's password from athm"),
  fn: async () => {
    await using our = await world();
    const { aws, home } = our;
    await Deno.mkdir(`${home.folder}/bin`);
    const path = `${home.folder}/bin:${home.env.get("PATH")}`;
    const login = await home.run(`athm aws docker-login ${host} example`, { PATH: path });
    assert.equal(login.exit, 0, login.err);
    const authority = await createTestAuthority();
    const seen = new Set<string>();
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: `sha256:${"0".repeat(64)}`,
        size: 2,
      },
      layers: [],
    });
    const registry = Deno.serve(
      { hostname: "127.0.0.1", port: 0, ...await authority.issue([host]), onListen: () => {} },
      (request) => {
        const given = request.headers.get("authorization");
        if (given === null) {
          const headers = { "www-authenticate": `Basic realm="https://${host}/",service="ecr"` };
          return new Response("", { status: 401, headers });
        }
        seen.add(given);
        if (!new URL(request.url).pathname.includes("/manifests/")) return Response.json({});
        const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
        return new Response(manifest, { headers });
      },
    );
    await using proxy = startConnectProxy((hostPort) =>
      hostPort === `${host}:443` ? `127.0.0.1:${registry.addr.port}` : undefined
    );
    try {
      const calls = aws.calls.length;
      const { exit, out, err } = await home.run(
        `skopeo inspect --raw --tls-verify=false docker://${host}/app:latest`,
        { PATH: path, HTTPS_PROXY: proxy.url, NO_PROXY: "127.0.0.1" },
      );
      assert.equal(exit, 0, err);
      assert.equal(JSON.parse(out).schemaVersion, 2);
      assert.equal(aws.calls.length, calls, "the password was kept");
    } finally {
      await registry.shutdown();
    }
    const [password = ""] = [...seen];
    const [user, secret = ""] = atob(password.replace(/^Basic /, "")).split(":");
    assert.equal(seen.size, 1);
    assert.equal(user, "AWS");
    assert.ok(aws.secrets().includes(secret));
  },
});

/** Speaks PostgreSQL's protocol 3.0 as far as one query goes, and notes the password. */
function postgres() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = { user: "", password: "" };
  const message = (type: string, body: Uint8Array) => {
    const bytes = new Uint8Array(5 + body.length);
    bytes[0] = type.charCodeAt(0);
    new DataView(bytes.buffer).setUint32(1, 4 + body.length);
    bytes.set(body, 5);
    return bytes;
  };
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  const number = (value: number) => new Uint8Array([0, 0, 0, value]);
  async function serve(connection: Deno.Conn): Promise<void> {
    using conn = connection;
    const read = async (count: number) => {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count;) {
        const got = await conn.read(bytes.subarray(at));
        if (got === null) throw new Error("psql disconnected");
        at += got;
      }
      return bytes;
    };
    const body = async () => await read(new DataView((await read(4)).buffer).getUint32(0) - 4);
    const words = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("\0");
    const startup = words((await body()).subarray(4));
    seen.user = startup[startup.indexOf("user") + 1] ?? "";
    await conn.write(message("R", number(3))); // AuthenticationCleartextPassword
    await read(1);
    [seen.password = ""] = words(await body());
    await conn.write(message("R", number(0)));
    await conn.write(message("Z", text("I").subarray(0, 1)));
    await read(1);
    await body(); // the query
    await conn.write(message("C", text("SELECT 0")));
    await conn.write(message("Z", text("I").subarray(0, 1)));
    await read(1); // Terminate
  }
  const served = (async () => await serve(await listener.accept()))();
  return { port: listener.addr.port, seen, served, [Symbol.dispose]: () => listener.close() };
}

Deno.test({
  ...unless(missing("psql"), "clients: psql signs in with athm's password"),
  fn: async () => {
    await using our = await world();
    using server = postgres();
    const { exit, err } = await our.home.run(
      `athm aws exec example --rds app@127.0.0.1:${server.port} -- psql -c 'select' postgres`,
      { PGSSLMODE: "disable" },
    );
    assert.equal(exit, 0, err);
    await server.served;
    assert.equal(server.seen.user, "app");
    const url = new URL(`https://${server.seen.password}`);
    assert.equal(url.host, `127.0.0.1:${server.port}`);
    assert.equal(url.searchParams.get("DBUser"), "app");
    const [id = "", ...scope] = url.searchParams.get("X-Amz-Credential")?.split("/") ?? [];
    assert.equal(our.aws.identity(id)?.account, "123456789012");
    assert.deepEqual(scope.slice(1), ["eu-west-1", "rds-db", "aws4_request"]);
  },
});
