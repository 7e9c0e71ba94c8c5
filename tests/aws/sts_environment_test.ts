/**
 * The SDK looks up missing settings in many places. Here each has a wrong value, and the process
 * may read nothing: calls must go to the right endpoint without any lookup.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startFakeAws } from "../support/fake_aws.ts";

const role = "arn:aws:iam::123456789012:role/deploy";

/** What the SDK reads anyway; none of it affects where a call goes or what it contains. */
const harmless = [
  "AWS_ENABLE_DEFAULT_SOCKET_TIMEOUT_2026",
  "AWS_LAMBDA_BENCHMARK_MODE",
  "AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA",
  "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED",
];

const misleading = {
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_ENDPOINT_URL_STS: "http://127.0.0.1:9",
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
  AWS_PROFILE: "nonexistent",
  AWS_REGION: "ap-south-2",
  AWS_DEFAULT_REGION: "ap-south-2",
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wrong",
  AWS_SESSION_TOKEN: "wrong",
  AWS_USE_FIPS_ENDPOINT: "true",
  AWS_USE_DUALSTACK_ENDPOINT: "true",
  AWS_STS_REGIONAL_ENDPOINTS: "legacy",
  AWS_MAX_ATTEMPTS: "1",
  AWS_RETRY_MODE: "adaptive",
  AWS_DEFAULTS_MODE: "auto",
  AWS_AUTH_SCHEME_PREFERENCE: "sigv4a",
  AWS_SIGV4A_SIGNING_REGION_SET: "*",
  AWS_SDK_UA_APP_ID: "x".repeat(60),
  AWS_LAMBDA_FUNCTION_NAME: "f",
  _X_AMZN_TRACE_ID: "Root=1-5759e988-bd862e3fe1be46a994272793",
  AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/other",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/nonexistent",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9",
};

Deno.test("sts: the machine's AWS configuration does not affect a call", async () => {
  await using aws = await startFakeAws();
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.aws`);
    const config = "[default]\nregion = ap-south-2\nendpoint_url = http://127.0.0.1:9\n" +
      "max_attempts = 1\nuse_fips_endpoint = true\n";
    await Deno.writeTextFile(`${home}/.aws/config`, config);
    const key = aws.addUser({ name: "alice" });
    aws.addRole({ arn: role });
    aws.behave({ kind: "throttle" });

    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--frozen", "--cached-only"],
        ...["--allow-env=AWS_*", `--allow-net=${new URL(aws.url).host}`],
        new URL("../support/sts_alone.ts", import.meta.url).href,
        ...[aws.url, key.accessKeyId, key.secretAccessKey, role],
      ],
      env: {
        ...misleading,
        AWS_CONFIG_FILE: `${home}/.aws/config`,
        DENO_AUDIT_PERMISSIONS: `${home}/audit`,
      },
    }).output();

    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { arn } = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(arn, "arn:aws:sts::123456789012:assumed-role/deploy/alone");
    assert.deepEqual(
      aws.calls.map(({ action, status, region }) => `${action} ${status} ${region}`),
      [
        "AssumeRole 400 eu-west-1",
        "AssumeRole 200 eu-west-1",
        "GetSessionToken 200 eu-west-1",
        "GetCallerIdentity 200 eu-west-1",
      ],
    );
    // Accesses to the system: no file, no facts about the machine, only these variables.
    const audit = (await Deno.readTextFile(`${home}/audit`)).trim().split("\n")
      .map((line): { permission: string; value: string } => JSON.parse(line));
    const asked = new Set(
      audit.filter(({ permission }) => permission !== "net")
        .map(({ permission, value }) => `${permission} ${value}`),
    );
    assert.deepEqual([...asked].sort(), harmless.map((name) => `env ${name}`));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
