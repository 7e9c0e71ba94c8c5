/**
 * Similar tools, each with a key of its own in the way that it keeps one without a desktop.
 *
 * @module
 */
import { peer, secondCli } from "../../tests/support/programs.ts";
import { createTestAuthority } from "../../tests/support/certificates.ts";
import { startConnectProxy } from "../../tests/support/connect_proxy.ts";
import { startFakeAws } from "../../tests/support/fake_aws.ts";
import { printed } from "../deno.ts";

export interface BenchSubject {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface PeerKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Peer {
  readonly name: string;
  readonly program: string | undefined;
  readonly prepare: (program: string, folder: string, key: PeerKey) => Promise<BenchSubject>;
}

const peers: readonly Peer[] = [
  {
    name: "aws-vault exec",
    program: peer("aws-vault", "go/aws-vault"),
    prepare: async (program, folder) => {
      const env = {
        AWS_VAULT_BACKEND: "file",
        AWS_VAULT_FILE_DIR: `${folder}/vault`,
        AWS_VAULT_FILE_PASSPHRASE: "correct horse battery staple",
        AWS_CONFIG_FILE: `${folder}/vault-config`,
      };
      await Deno.writeTextFile(env.AWS_CONFIG_FILE, "[profile p0]\nregion = us-east-1\n");
      const command = [program, "exec", "p0", "--", "true"];
      // Its SDK cannot be given another STS endpoint, so AWS's own name leads to the fake one.
      const host = "sts.us-east-1.amazonaws.com";
      const authority = await createTestAuthority();
      await using aws = await startFakeAws({ tls: await authority.issue([host]) });
      await using proxy = startConnectProxy((asked) =>
        asked === `${host}:443` ? aws.url : undefined
      );
      const user = aws.addUser({});
      await Deno.writeTextFile(`${folder}/ca.pem`, authority.cert);
      const network = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: `${folder}/ca.pem` };
      await printed(program, ["add", "p0", "--env", "--no-add-config"], folder, {
        ...env,
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      });
      await printed(program, command.slice(1), folder, { ...env, ...network });
      // Without the proxy, so that only a kept session works.
      await printed(program, command.slice(1), folder, env);
      if (aws.calls.length !== 1) throw new Error(`aws-vault made ${aws.calls.length} calls`);
      return { name: "aws-vault exec", command, env };
    },
  },
  {
    name: "aws configure export-credentials",
    program: await secondCli(),
    prepare: async (program, folder, { accessKeyId, secretAccessKey }) => {
      const env = {
        AWS_SHARED_CREDENTIALS_FILE: `${folder}/aws-credentials`,
        AWS_CONFIG_FILE: `${folder}/aws-config`,
      };
      await Deno.writeTextFile(
        env.AWS_SHARED_CREDENTIALS_FILE,
        `[p0]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
      );
      const command = [program, "configure", "export-credentials", "--profile", "p0"];
      return { name: "aws configure export-credentials", command, env };
    },
  },
];

/** @param missing is told the names of tools that are not installed */
export async function peerSubjects(
  folder: string,
  key: PeerKey,
  missing: (name: string) => void,
): Promise<BenchSubject[]> {
  const found: BenchSubject[] = [];
  for (const { name, program, prepare } of peers) {
    if (program === undefined) missing(name);
    else found.push(await prepare(program, folder, key));
  }
  return found;
}
