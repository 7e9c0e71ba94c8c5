/**
 * A third-party STS that checks signatures and policies: moto's server, with a user who may assume
 * a role.
 *
 * @module
 */
import { peer } from "./programs.ts";
import { startServer } from "./server_process.ts";

/** A running moto server. */
export interface Moto extends AsyncDisposable {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly roleArn: string;
}

const role = "deploy";

/** The server that `deno task peers` installed, else the one on PATH, else the reason for skipping. */
export function findMoto(): { readonly path: string } | string {
  const path = peer("moto_server", "python/bin/moto_server");
  return path === undefined ? "moto is not installed" : { path };
}

/** Starts it and makes it check every request from then on. */
export async function startMoto(path: string): Promise<Moto> {
  const server = await startServer(path, {
    args: ["-H", "127.0.0.1", "-p", "0"],
    // The four calls below set it up; calls after them must be signed and allowed.
    env: { INITIAL_NO_AUTH_ACTION_COUNT: "4" },
  }, /Running on http:\/\/127\.0\.0\.1:(\d+)/);
  const url = `http://127.0.0.1:${server.port}`;
  try {
    await iam(url, { Action: "CreateUser", UserName: "ann" });
    const made = await iam(url, { Action: "CreateAccessKey", UserName: "ann" });
    const allow = { Effect: "Allow", Action: "sts:*", Resource: "*" };
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [allow] });
    await iam(url, {
      Action: "PutUserPolicy",
      UserName: "ann",
      PolicyName: "all",
      PolicyDocument: policy,
    });
    const trust = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" };
    await iam(url, {
      Action: "CreateRole",
      RoleName: role,
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trust] }),
    });
    const field = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(made)?.[1] ?? "";
    return {
      url,
      accessKeyId: field("AccessKeyId"),
      secretAccessKey: field("SecretAccessKey"),
      roleArn: `arn:aws:iam::123456789012:role/${role}`,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** A call before checks are enabled; the header selects the service. */
async function iam(url: string, form: Readonly<Record<string, string>>): Promise<string> {
  const scope = "Credential=none/20260101/us-east-1/iam/aws4_request";
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none` },
    body: new URLSearchParams({ ...form, Version: "2010-05-08" }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`moto refused ${form.Action}: ${response.status} ${text}`);
  return text;
}
