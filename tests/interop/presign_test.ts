/** A third-party S3 stores and returns an object by presigned URLs. It does not check signatures. */
import assert from "node:assert/strict";
import { Secret } from "../../src/model/secret.ts";
import { presignedObject } from "../../src/tokens/s3.ts";
import { findMoto } from "../support/moto.ts";
import { unless } from "../support/programs.ts";
import { startServer } from "../support/server_process.ts";
import { testSystem } from "../support/test_system.ts";

const found = findMoto();
const skipped = typeof found === "string" ? found : undefined;

Deno.test({
  ...unless(skipped, "presign: moto stores and returns an object by presigned URLs"),
  fn: async () => {
    assert.ok(typeof found !== "string");
    await using moto = await startServer(
      found.path,
      { args: ["-H", "127.0.0.1", "-p", "0"], env: {} },
      /Running on http:\/\/127\.0\.0\.1:(\d+)/,
    );
    const base = `http://127.0.0.1:${moto.port}`;
    const made = await fetch(`${base}/bucket`, { method: "PUT" });
    assert.equal(made.status, 200, await made.text());
    const now = Date.now();
    const system = testSystem({ now, env: { AWS_ENDPOINT_URL_S3: base } });
    const from = {
      profile: {
        name: "example",
        source: { kind: "ambient" } as const,
        roleArns: [],
        role: {},
        network: {},
      },
      session: {
        accessKeyId: "ASIAIOSFODNN7EXAMPLE",
        secretAccessKey: new Secret("secret"),
        sessionToken: new Secret("token"),
        issued: now,
        expires: now + 3600_000,
      },
    };
    const url = (method: string, key: string) =>
      presignedObject(system, from, { bucket: "bucket", key }, {
        ...{ method, region: "us-east-1", expires: 60 },
      });
    const key = "ü (1)+?/a.txt";
    const put = await fetch(await url("PUT", key), { method: "PUT", body: "content" });
    assert.equal(put.status, 200, await put.text());
    const got = await fetch(await url("GET", key));
    assert.equal(await got.text(), "content");
    assert.equal(got.status, 200);
    const listed = await fetch(`${base}/bucket?list-type=2`);
    assert.match(await listed.text(), /<Key>ü \(1\)\+\?\/a\.txt<\/Key>/);
  },
});
