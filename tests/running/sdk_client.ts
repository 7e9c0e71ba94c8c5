/**
 * Calls GetCallerIdentity with the JavaScript SDK: `sdk_client.ts ENDPOINT chain|container STOP`,
 * again and again until the file STOP exists. One line of JSON per call, with one client throughout.
 *
 * @module
 */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromContainerMetadata, fromNodeProviderChain } from "@aws-sdk/credential-providers";

const [endpoint = "", provider, stop = ""] = Deno.args;
const credentials = provider === "container" ? fromContainerMetadata() : fromNodeProviderChain();
const client = new STSClient({ endpoint, region: "us-east-1", credentials });
for (;;) {
  const { Arn: arn } = await called();
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ arn }) + "\n"));
  if (await Deno.stat(stop).then(() => true, () => false)) break;
  await new Promise((done) => setTimeout(done, 300));
}

/** The SDK gives a credential server one second and one attempt, which a busy machine may exceed. */
async function called() {
  for (let left = 3;; left--) {
    try {
      return await client.send(new GetCallerIdentityCommand({}));
    } catch (error) {
      const { name = "" } = error as Error;
      if (left === 0 || !/CredentialsProviderError|TimeoutError/.test(name)) throw error;
    }
  }
}
