/**
 * Calls GetCallerIdentity with the JavaScript SDK: `sdk_client.ts ENDPOINT chain|container
 * SECONDS`. One line of JSON per call, with one client throughout.
 *
 * @module
 */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromContainerMetadata, fromNodeProviderChain } from "@aws-sdk/credential-providers";

const [endpoint = "", provider, seconds = "0"] = Deno.args;
const credentials = provider === "container" ? fromContainerMetadata() : fromNodeProviderChain();
const client = new STSClient({ endpoint, region: "us-east-1", credentials });
const until = Date.now() + Number(seconds) * 1000;
do {
  const { Arn: arn } = await client.send(new GetCallerIdentityCommand({}));
  const { accessKeyId: key } = await client.config.credentials();
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ arn, key }) + "\n"));
  await new Promise((done) => setTimeout(done, 500));
} while (Date.now() < until);
