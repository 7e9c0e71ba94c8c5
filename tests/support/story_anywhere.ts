/**
 * IAM Roles Anywhere in a story: its variable, the `certificate` and `anywhere` lines.
 *
 * @module
 */

import {
  type ClientAuthority,
  createClientAuthority,
  type KeyForm,
  type KeyKind,
} from "./client_certificates.ts";
import type { FakeAws } from "./fake_aws.ts";
import { anchorArn, anywhereProfileArn } from "./fake_aws/anywhere.ts";
import { SetupError, type World } from "./story_world.ts";

/** `$ANYWHERE` has the options for this source except the certificate's. */
export function anywhereVariables({ url }: FakeAws): [string, string][] {
  const arns = `--trust-anchor-arn ${anchorArn} --ra-profile-arn ${anywhereProfileArn}`;
  return [["ANYWHERE", `--roles-anywhere ${arns} --ra-endpoint-url ${url}`]];
}

const authorities = new WeakMap<FakeAws, Map<string, ClientAuthority>>();

/** The story's CA, or another that AWS does not trust. */
async function authorityOf({ aws }: World, name: string): Promise<ClientAuthority> {
  const all = authorities.get(aws) ?? new Map<string, ClientAuthority>();
  authorities.set(aws, all);
  const made = all.get(name) ?? await createClientAuthority();
  all.set(name, made);
  if (name === "own" && !aws.anywhere.anchors.has(anchorArn)) {
    aws.anywhere.anchors.set(anchorArn, { root: made.root, enabled: true });
  }
  return made;
}

/** Writes `NAME.pem`, `NAME.key` and `chain.pem` below the home folder. */
export async function prepareCertificate(
  world: World,
  name: string,
  option: (name: string) => string | undefined,
): Promise<void> {
  const authority = await authorityOf(world, option("ca") ?? "own");
  const days = option("days");
  const passphrase = option("passphrase");
  const serial = option("serial");
  const { cert, key } = await authority.issue({
    name,
    key: (option("key") ?? "p256") as KeyKind,
    form: (option("form") ?? "pkcs8") as KeyForm,
    usage: (option("usage") ?? "client") as "client",
    ...days !== undefined && { days: Number(days) },
    ...passphrase !== undefined && { passphrase },
    ...serial !== undefined && { serial },
  });
  const write = (file: string, data: string | Uint8Array) =>
    Deno.writeFile(
      `${world.home}/${file}`,
      typeof data === "string" ? new TextEncoder().encode(data) : data,
      { mode: 0o600 },
    );
  await write(`${name}.pem`, cert);
  await write(`${name}.key`, key);
  await write("chain.pem", authority.chain);
  world.secretFiles.push(`${name}.key`);
  const line = typeof key === "string" ? key.split("\n")[2] : undefined;
  if (line !== undefined && line.length > 20) world.secrets.push(line);
}

/** Executes an `anywhere` line. */
export function prepareAnywhere({ aws }: World, [what, word = ""]: readonly string[]): void {
  const { anchors, profiles, revoked } = aws.anywhere;
  const profile = profiles.get(anywhereProfileArn) ??
    { roles: new Set(), enabled: true, duration: 43_200, acceptsSessionName: false };
  profiles.set(anywhereProfileArn, profile);
  const anchor = anchors.get(anchorArn);
  if (what === "role") {
    aws.addRole({ arn: word, maxDuration: 43_200 });
    profile.roles.add(word);
  } else if (what === "without-role") profile.roles.delete(word);
  else if (what === "profile") profile.enabled = word === "enabled";
  else if (what === "names") profile.acceptsSessionName = word === "accepted";
  else if (what === "anchor") {
    if (!anchor) throw new SetupError("no certificate was made yet");
    anchor.enabled = word === "enabled";
  } else revoked.add(word);
}
