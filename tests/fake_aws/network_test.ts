/**
 * The fake behind TLS and a CONNECT proxy: real endpoint names without a network.
 */

import assert from "node:assert/strict";
import { createTestAuthority } from "../support/certificates.ts";
import { startConnectProxy } from "../support/connect_proxy.ts";
import { startFakeAws } from "../support/fake_aws.ts";
import { leakless } from "../support/fake_aws/sdk.ts";

const fips = "sts-fips.us-east-1.amazonaws.com";

leakless("a FIPS endpoint is reached by its own name through the proxy", async () => {
  const authority = await createTestAuthority();
  await using aws = await startFakeAws({ tls: await authority.issue([fips, "127.0.0.1"]) });
  await using proxy = startConnectProxy((asked) => asked === `${fips}:443` ? aws.url : undefined);
  using http = Deno.createHttpClient({ caCerts: [authority.cert], proxy: { url: proxy.url } });

  const response = await fetch(`https://${fips}/`, {
    client: http,
    method: "POST",
    body: new URLSearchParams({ Action: "GetCallerIdentity", Version: "2011-06-15" }),
  });
  assert.equal(response.status, 403);
  assert.match(await response.text(), /<Code>MissingAuthenticationToken<\/Code>/);
  assert.deepEqual(proxy.asked, [`${fips}:443`]);
  assert.equal(aws.calls[0]?.host, fips);

  await assert.rejects(fetch("https://sts.us-east-1.amazonaws.com/", { client: http }));
  assert.deepEqual(proxy.asked.slice(1), ["sts.us-east-1.amazonaws.com:443"]);
  assert.equal(aws.calls.length, 1);
});

leakless("a certificate is valid only for its hosts and with its CA", async () => {
  const authority = await createTestAuthority();
  const stranger = await createTestAuthority();
  await using aws = await startFakeAws({ tls: await authority.issue(["127.0.0.1"]) });
  const get = async (ca: string, url: string) => {
    using http = Deno.createHttpClient({ caCerts: [ca] });
    const response = await fetch(url, { client: http });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await get(authority.cert, aws.url), 400);
  await assert.rejects(get(stranger.cert, aws.url));
  await assert.rejects(get(authority.cert, aws.url.replace("127.0.0.1", "localhost")));
});

leakless("a connection can be dropped under TLS too", async () => {
  const authority = await createTestAuthority();
  await using aws = await startFakeAws({ tls: await authority.issue(["127.0.0.1"]) });
  using http = Deno.createHttpClient({ caCerts: [authority.cert] });
  aws.behave({ kind: "drop" });
  await assert.rejects(fetch(aws.url, { client: http }));
  const response = await fetch(aws.url, { client: http });
  assert.match(await response.text(), /<Code>MissingAction<\/Code>/);
});

leakless("the proxy speaks CONNECT only, and ends with tunnels open", async () => {
  await using aws = await startFakeAws();
  await using proxy = startConnectProxy(() => aws.url);
  const { port } = new URL(proxy.url);
  const say = async (text: string) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await connection.write(new TextEncoder().encode(text));
    const chunk = new Uint8Array(1024);
    const count = await connection.read(chunk) ?? 0;
    return { connection, said: new TextDecoder().decode(chunk.subarray(0, count)) };
  };
  const get = await say("GET / HTTP/1.1\r\n\r\n");
  assert.match(get.said, /^HTTP\/1\.1 405 /);
  get.connection.close();
  const tunnel = await say("CONNECT sts.amazonaws.com:443 HTTP/1.1\r\n\r\n");
  assert.match(tunnel.said, /^HTTP\/1\.1 200 /);
  await proxy[Symbol.asyncDispose]();
  tunnel.connection.close();
});
