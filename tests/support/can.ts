/**
 * A program that has credentials and tries what they are good for: `can ADDRESS ACTION…` prints for each
 * operation of DynamoDB, such as `PutItem`, whether AWS at that address lets it.
 *
 * The credentials come from the variables that athm sets: keys, or the address that serves them.
 *
 * @module
 */

import { sha256Hex, sign } from "./fake_aws/sigv4.ts";

const [address = "", ...actions] = Deno.args;
const env = (name: string) => Deno.env.get(name) ?? "";

interface Keys {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

async function keys(): Promise<Keys> {
  const served = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (served === "") {
    return {
      id: env("AWS_ACCESS_KEY_ID"),
      secret: env("AWS_SECRET_ACCESS_KEY"),
      token: env("AWS_SESSION_TOKEN"),
    };
  }
  const authorization = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  const ask = () => fetch(served, { headers: { authorization, accept: "application/json" } });
  let answer = await ask();
  // As SDKs do: on a busy machine, athm may still be signing in.
  for (let left = 20; answer.status === 503 && left > 0; left--) {
    await answer.body?.cancel();
    await new Promise((done) => setTimeout(done, 250));
    answer = await ask();
  }
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.message);
  return { id: found.AccessKeyId, secret: found.SecretAccessKey, token: found.Token };
}

async function may(action: string, { id, secret, token }: Keys): Promise<boolean> {
  const dateTime = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = { date: dateTime.slice(0, 8), region: "us-east-1", service: "dynamodb" };
  const body = new TextEncoder().encode("{}");
  const headers = new Map([
    ["host", new URL(address).host],
    ["x-amz-content-sha256", await sha256Hex(body)],
    ["x-amz-date", dateTime],
    ["x-amz-target", `DynamoDB_20120810.${action}`],
    ...token === "" ? [] : [["x-amz-security-token", token] as const],
  ]);
  const signedHeaders = [...headers.keys()];
  const parts = { method: "POST", path: "/", query: "", headers, signedHeaders, body };
  const proof = await sign(parts, dateTime, scope, secret);
  const place = `${id}/${scope.date}/${scope.region}/${scope.service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${place}, ` +
    `SignedHeaders=${signedHeaders.join(";")}, Signature=${proof}`;
  const { status, ok } = await fetch(address, {
    method: "POST",
    headers: { ...Object.fromEntries(headers), authorization },
    body,
  });
  if (!ok && status !== 403) throw new Error(`HTTP ${status}`);
  return ok;
}

const own = await keys();
const out = Deno.stdout.writable.getWriter();
for (const action of actions) {
  const line = `${action}: ${await may(action, own) ? "yes" : "no"}\n`;
  await out.write(new TextEncoder().encode(line));
}
