// The binary embeds only packages that a command uses.

import assert from "node:assert/strict";
import { contents } from "../../scripts/contents.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname).replace(/\/$/, "");

/** SDK packages that may be embedded, and what needs them. */
const used: Readonly<Record<string, string>> = {
  "@aws-sdk/client-iam": "aws rotate-key",
  "@aws-sdk/client-sts": "every sign-in",
  "@aws-sdk/core": "the client's protocol",
  "@aws-sdk/xml-builder": "the client's answers are XML",
  "@aws-sdk/signature-v4-multi-region": "the client's signer",
  "@aws/lambda-invoke-store": "the client's core",
  "@smithy/core": "the client's core",
  "@smithy/node-http-handler": "the client's default, and the chain's requests",
  "@smithy/signature-v4": "the client's signer",
  "@smithy/types": "the client's core",
  "@aws-sdk/credential-provider-node": "--ambient: the SDK's chain, and with it what follows",
  "@aws-sdk/credential-provider-env": "the chain: the environment",
  "@aws-sdk/credential-provider-http": "the chain: containers",
  "@aws-sdk/credential-provider-ini": "the chain: ~/.aws",
  "@aws-sdk/credential-provider-login": "the chain: aws login",
  "@aws-sdk/credential-provider-process": "the chain: credential_process",
  "@aws-sdk/credential-provider-sso": "the chain: Identity Center",
  "@aws-sdk/credential-provider-web-identity": "the chain: a token file",
  "@aws-sdk/nested-clients": "the chain: see `nested`",
  "@aws-sdk/token-providers": "the chain: Identity Center",
  "@smithy/credential-provider-imds": "the chain: instances",
  "@smithy/shared-ini-file-loader": "--ambient: profiles with a credential_process",
};

/** The clients inside of `@aws-sdk/nested-clients` that the chain calls. */
const nested = ["signin", "sso", "sso-oidc", "sts"];

/**
 * In bytes: what tokens made from a session may add, the YAML parser for kubeconfig files, and the
 * ciphers for PKCS #12 files.
 */
const tokenBudget = 44 * 2 ** 10;
const yamlBudget = 112 * 2 ** 10;
const forgeBudget = 160 * 2 ** 10;
const ofTokens =
  /\/src\/(tokens\/|aws\/(sigv4|signed_call)|model\/service_endpoint|commands\/aws\/(token|docker)\/|commands\/aws\/(kubeconfig|presign|git_credential)\.)/;

/** In bytes: the binary may exceed the runtime by 4 MiB. */
const budget = 4 * 2 ** 20;

Deno.test("size: no unused AWS SDK package is embedded, and the bundle is at most 4 MiB", async () => {
  const build = await Deno.makeTempDir({ prefix: "athm-size-" });
  try {
    const modules = await contents(root, build);
    const packages = new Set(modules.flatMap(({ package: from }) => from ? [from.name] : []));
    const sdk = [...packages].filter((name) => /^@(aws|aws-sdk|smithy)\b/.test(name));
    assert.deepEqual(sdk.filter((name) => !(name in used)), []);
    assert.deepEqual(Object.keys(used).filter((name) => !packages.has(name)), []);
    const clients = modules.flatMap(({ path }) =>
      /\/nested-clients\/.*\/submodules\/([^/]+)\//.exec(path)?.[1] ?? []
    );
    assert.deepEqual([...new Set(clients)].toSorted(), nested);

    const own = modules.filter(({ path }) => path.startsWith(`${root}/src/`));
    assert.ok(own.length > 100, `${own.length} of athm's modules found`);
    assert.deepEqual(modules.filter(({ path }) => /\/tests\/|fast-check/.test(path)), []);

    const bytesOf = (which: (module: (typeof modules)[number]) => boolean) =>
      modules.filter(which).reduce((sum, { bytes }) => sum + bytes, 0);
    const tokens = bytesOf(({ path }) => ofTokens.test(path));
    assert.ok(tokens > 10_000 && tokens <= tokenBudget, `tokens: ${tokens} bytes`);
    for (const [name, most] of [["yaml", yamlBudget], ["node-forge", forgeBudget]] as const) {
      const bytes = bytesOf(({ package: from }) => from?.name === name);
      assert.ok(bytes > 10_000 && bytes <= most, `${name}: ${bytes} bytes`);
    }

    let counted = 0;
    let written = 0;
    for (const { bytes } of modules) counted += bytes;
    for await (const { name } of Deno.readDir(build)) {
      if (name.endsWith(".js")) written += (await Deno.stat(`${build}/${name}`)).size;
    }
    assert.equal(counted, written, "every byte belongs to a module");
    assert.ok(written <= budget, `${written} bytes`);
  } finally {
    // If the bundle could not be built, report that error, not a missing folder.
    await Deno.remove(build, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
});
