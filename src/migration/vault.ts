import { Failure, onFailure, promptsDisabled } from "../model/failure.ts";
import { expanded, homeFolder } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import { readLimited, type Sections } from "./aws_files.ts";
import type { Skipped } from "./plan.ts";
import { type Vault, vaultNames } from "./vault_names.ts";
import { dataOf, itemLimit, openItem } from "./vault_item.ts";
import { macKeychain, secretService } from "./vault_keychains.ts";

export const backends = ["file", "keychain", "secret-service"] as const;

const passphraseVariable = "AWS_VAULT_FILE_PASSPHRASE";
const tries = 3;

/**
 * @param config its names are tried if a helper cannot list names
 * @param names requested names, tried as well
 * @throws {Failure} `source` if athm cannot read the backend
 */
export async function findVault(
  system: System,
  asked: string | undefined,
  config: Sections,
  names: readonly string[],
): Promise<Vault> {
  const given = asked ?? (system.env.get("AWS_VAULT_BACKEND") || undefined);
  const backend = given ?? usualBackend(system);
  if (backend === "file") return fileVault(system);
  if (backend === "keychain") return await macKeychain(system);
  if (backend === "secret-service") {
    return secretService(system, [...new Set([...config.keys(), ...names])]);
  }
  throw new Failure(
    "source",
    `athm cannot read aws-vault's backend ${JSON.stringify(backend.slice(0, 40))}`,
    "for each NAME: aws-vault export --no-session --format=json NAME | athm aws add NAME --stdin",
  );
}

/** aws-vault prefers the keychain; a folder of files exists only if it was chosen. */
function usualBackend(system: System): string {
  if (system.files.list(folderOf(system)).length) return "file";
  return { darwin: "keychain", linux: "secret-service", windows: "wincred" }[system.platform];
}

function folderOf(system: System): string {
  const { env, files } = system;
  const given = env.get("AWS_VAULT_FILE_DIR");
  return given
    ? files.absolute(expanded(system, given)).replace(/(.)[\\/]+$/, "$1")
    : files.join(homeFolder(system), ".awsvault", "keys");
}

function fileVault(system: System): Vault {
  const { files } = system;
  const folder = folderOf(system);
  const paths = new Map<string, string>();
  const noItems: Skipped[] = [];
  // The usual spelling of a name comes first.
  for (const file of files.list(folder).toSorted((a, b) => escapes(a) - escapes(b))) {
    const path = files.join(folder, file);
    const name = unescaped(file);
    if (files.facts(path)?.kind === "folder") {
      noItems.push({ from: file, why: "a folder, not an item", failed: false });
    } else if (name === undefined) {
      noItems.push({ from: file, why: "its file name is not a valid item name", failed: true });
    } else if (paths.has(name)) {
      noItems.push({ from: file, why: "another file has the same name", failed: true });
    } else paths.set(name, path);
  }
  let passphrase: Promise<string> | undefined;
  const read = (name: string) => {
    const bytes = readLimited(system, paths.get(name) ?? "", itemLimit);
    if (!bytes) throw new Failure("files", "its file no longer exists");
    return bytes;
  };
  const { names, leftOut } = vaultNames([...paths.keys()]);
  return {
    where: folder,
    names,
    leftOut: [...leftOut, ...noItems],
    guessed: false,
    async open(name) {
      const bytes = read(name);
      passphrase ??= findPassphrase(system, folder, async (words) => {
        for (const each of names) {
          // A damaged item says nothing about the passphrase.
          const item = await Promise.try(() => openItem(read(each), words)).catch(
            onFailure(undefined),
          );
          if (item !== undefined) return true;
        }
        return false;
      });
      const item = await openItem(bytes, await passphrase);
      if (item !== undefined) return dataOf(item, name);
      throw new Failure("source", "it is damaged or encrypted with another passphrase");
    },
  };
}

const escaped = /(?:%[0-9A-Fa-f]{2})+/g;

function escapes(file: string): number {
  return file.match(escaped)?.length ?? 0;
}

/** keyring writes `/` in a name as `%2F`, and leaves any other `%` alone. */
function unescaped(file: string): string | undefined {
  try {
    return file.replace(escaped, (text) => decodeURIComponent(text));
  } catch {
    return undefined;
  }
}

async function findPassphrase(
  { env, terminal, say }: System,
  folder: string,
  opens: (words: string) => Promise<boolean>,
): Promise<string> {
  const given = env.get(passphraseVariable);
  if (given !== undefined) {
    if (await opens(given)) return given;
    throw new Failure(
      "store-key",
      `the passphrase in ${passphraseVariable} opens no item in ${folder}`,
      `set ${passphraseVariable} to the passphrase of aws-vault`,
    );
  }
  if (!terminal.canAsk) {
    throw promptsDisabled(
      `a passphrase is required for aws-vault's items in ${folder}`,
      `set ${passphraseVariable}`,
    );
  }
  for (let left = tries; left > 0; left--) {
    const words = await terminal.askSecret("aws-vault passphrase: ");
    if (await opens(words)) return words;
    if (left > 1) say("athm: wrong passphrase; try again");
  }
  throw new Failure("store-key", `none of ${tries} passphrases opens an item in ${folder}`);
}
