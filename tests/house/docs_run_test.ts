// Runs the commands in the docs, page by page, against the fake AWS, so a wrong page fails. A block
// that cannot run says why after its fence: ```sh unrun: it waits for a browser.

import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { documents, shellBlocks } from "../support/documents.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";

/** Programs that pages mention. Stand-ins succeed if they have credentials. */
const played = ["aws", "cdk", "make", "terraform", "python3", "node", "docker", "code"];

/** Fails, like the real ones, if an SDK would find no credentials. */
const program = `#!/bin/sh
[ -n "$AWS_ACCESS_KEY_ID$AWS_CONTAINER_CREDENTIALS_FULL_URI" ] && exit 0
[ "$1" = --version ] || grep -qs credential_process "$HOME/.aws/config"
`;

/**
 * `athm` as the pages write it: the answers to its prompts (an access key) come from the environment,
 * and AWS is on loopback. Nothing else differs.
 */
function wrapper(athm: string, aws: FakeAws): string {
  return `#!/bin/sh
add=
case "$1 $2" in
  "aws add")
    case "$*" in
      *--from*|*--stdin*|*--ambient*|*--saml-url*|*--sso-start-url*|*--web-identity*) ;;
      *) add=--from-env ;;
    esac
    case "$*" in
      *--endpoint-url*|*--fips*) set -- "$@" --no-login ;;
      *) set -- "$@" --endpoint-url ${aws.url} ;;
    esac
    ;;
  "aws exec"|"aws export"|"aws process")
    case "$3" in
      --ambient|--web-identity)
        words="$1 $2"; shift 2
        exec ${athm} $words --endpoint-url ${aws.url} "$@" ;;
    esac
    ;;
esac
exec ${athm} "$@" $add
`;
}

/** A home with what a page's commands refer to. */
async function prepared(text: string, aws: FakeAws): Promise<AthmHome> {
  const user = aws.addUser({ name: "alice" });
  for (const [arn] of text.matchAll(/arn:aws[\w-]*:iam::\d{12}:role\/[\w/-]+/g)) {
    aws.addRole({ arn, maxDuration: 12 * 3600 });
  }
  const home = await athmHome({
    USER: "alice",
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
    ATHM_BACKUP_PASSPHRASE_FILE: "words",
  });
  const bin = `${home.folder}/bin`;
  await Deno.mkdir(bin);
  const executable = { mode: 0o755 };
  await Deno.writeTextFile(`${bin}/athm`, wrapper(home.athm, aws), executable);
  for (const name of played) await Deno.writeTextFile(`${bin}/${name}`, program, executable);
  await Deno.writeTextFile(`${home.folder}/words`, "five wholly random words here\n");
  await Deno.mkdir(`${home.folder}/.aws`);
  await Deno.writeTextFile(
    `${home.folder}/.aws/config`,
    "[profile old-admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = old\n",
  );
  await Deno.writeTextFile(
    `${home.folder}/.aws/credentials`,
    `[old]\naws_access_key_id = ${user.accessKeyId}\n` +
      `aws_secret_access_key = ${user.secretAccessKey}\n`,
    { mode: 0o600 },
  );
  home.env.set("PATH", `${bin}:${home.env.get("PATH")}`);
  return home;
}

for (const document of documents) {
  const blocks = shellBlocks(document);
  if (blocks.length === 0) continue;

  Deno.test(`${document.name}: its commands do what it says`, async (test) => {
    await using aws = await startFakeAws();
    await using home = await prepared(document.text, aws);
    for (const { code, unrun } of blocks) {
      const [first = ""] = code.split("\n", 1);
      await test.step({
        name: unrun === undefined ? first : `${first} [unrun: ${unrun}]`,
        ignore: unrun !== undefined,
        fn: async () => {
          const { exit, err } = await home.run(`set -e\n${code}`);
          assert.equal(exit, 0, `${document.name}:\n${code}\n${err}`);
        },
      });
    }
  });
}
