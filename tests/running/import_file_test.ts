// `athm import file` from a real HTTPS server: certificates, redirects and large bodies.

import assert from "node:assert/strict";
import { denoSystem } from "../../src/system/deno/system.ts";
import { createTestAuthority } from "../support/certificates.ts";
import { athm } from "../support/store_program.ts";
import { disk, portal, stored, team } from "../support/team_home.ts";
import { newSigner } from "../support/team_signer.ts";

Deno.test("import file: over HTTPS with the CA bundle only, never to http, and at most 4 MiB", async () => {
  const authority = await createTestAuthority();
  const signer = await newSigner();
  const text = team({ dev: portal() });
  const sig = await signer.sign(text);
  let sent = 0;
  let isPlainAsked = false;
  const endless = () =>
    new ReadableStream({
      pull(stream) {
        sent += 65_536;
        if (sent > 100e6) stream.close();
        else stream.enqueue(new Uint8Array(65_536).fill(35));
      },
    });
  const quiet = { onListen() {}, hostname: "127.0.0.1", port: 0 };
  const plain = Deno.serve(quiet, () => {
    isPlainAsked = true;
    return new Response(text);
  });
  const answers: Readonly<Record<string, () => Response>> = {
    "/team.yaml": () => new Response(text),
    "/team.yaml.sig": () => new Response(sig),
    "/plain.yaml": () =>
      Response.redirect(`http://127.0.0.1:${plain.addr.port}/team.yaml?token=secret`),
    "/large.yaml": () => new Response(endless()),
  };
  const server = Deno.serve(
    { ...quiet, ...await authority.issue(["127.0.0.1"]), onError: () => new Response(null) },
    ({ url }) => answers[new URL(url).pathname]?.() ?? new Response(null, { status: 404 }),
  );
  try {
    const files = disk();
    files.put("/home/ann/team.pub", signer.publicKey);
    files.put("/home/ann/ca.pem", authority.cert);
    const imports = (name: string, more = " --ca-bundle /home/ann/ca.pem") =>
      athm(
        `import file https://127.0.0.1:${server.addr.port}/${name} --yes ` +
          `--signed-by /home/ann/team.pub${more}`,
        files,
        { system: { http: denoSystem().http } },
      );
    const stranger = await imports("team.yaml", "");
    assert.equal(stranger.code, 1);
    assert.match(stranger.err, /the certificate of 127\.0\.0\.1:\d+ is not trusted/);
    const good = await imports("team.yaml");
    assert.equal(good.code, 0, good.err);
    assert.deepEqual([...(await stored(files)).keys()], ["dev"]);
    const redirected = await imports("plain.yaml");
    assert.match(redirected.err, /but athm follows redirects to https only/);
    assert.doesNotMatch(redirected.err, /secret/);
    assert.ok(!isPlainAsked);
    const large = await imports("large.yaml");
    assert.match(large.err, /returned more than 4 MiB/);
    assert.ok(sent < 50e6, `the server sent ${sent} bytes`);
  } finally {
    await Promise.all([server.shutdown(), plain.shutdown()]);
  }
});
