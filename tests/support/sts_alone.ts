/**
 * One call of each kind in a separate process, so that its permissions and variables can be set.
 * Arguments: the endpoint, an access key ID, its secret, a role. Prints the results as JSON.
 *
 * @module
 */
import { connectSts } from "../../src/aws/sts.ts";
import { Secret } from "../../src/model/secret.ts";
import { connect } from "../../src/system/http.ts";
import { patientSystem } from "./real_http.ts";

const [url = "", accessKeyId = "", secretAccessKey = "", roleArn = ""] = Deno.args;
using http = connect(fetch, () => {});
const sts = connectSts(patientSystem(), http, { url, signingRegion: "eu-west-1" });
const user = { accessKeyId, secretAccessKey: new Secret(secretAccessKey) };
const { session } = await sts.assumeRole(user, { roleArn, sessionName: "alone" });
await sts.getSessionToken(user);
const { arn } = await sts.getCallerIdentity(session);
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ arn })));
