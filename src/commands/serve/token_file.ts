import { Failure, quote } from "../../model/failure.ts";
import { nameKey } from "../../model/names.ts";
import { sameText } from "../../model/constant_time.ts";
import { Secret } from "../../model/secret.ts";
import { newToken } from "../../delivery/child_server.ts";
import { hashOfToken, tokenPattern } from "../../session/serving/token.ts";
import type { Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";

/** Bytes: a token with surrounding whitespace. */
const limit = 1024;

/** Where a client's token is, by default in athm's folder; without a label the client `default`'s. */
export function tokenPath(
  { files }: System,
  { home }: Pick<Store, "home">,
  file: string | undefined,
  label?: string,
): string {
  if (file !== undefined) return files.absolute(file);
  return files.join(home, label === undefined ? "serve.token" : `serve-${nameKey(label)}.token`);
}

/** @throws {Failure} `files` if the file has no token; `store-open` if others can read it */
export function readToken({ files }: System, path: string): Secret | undefined {
  // Orchestrators mount secrets as links, whose own mode means nothing.
  const facts = files.facts(path);
  if (!facts) return undefined;
  const there = facts.kind === "file" && facts.size > limit ? undefined : files.read(path);
  const text = new TextDecoder().decode(there).trim();
  // The file may be anything else on the machine, so do not suggest changing it.
  if (!tokenPattern.test(text)) {
    throw new Failure(
      "files",
      `${path} does not contain a token (32 to 256 characters without spaces)`,
      "use --token-file NEW with the path of a new file; athm creates it",
    );
  }
  if (facts.kind === "file" && (facts.mode ?? 0) & 0o077) {
    const hint = `chmod 600 ${quote(path)}`;
    throw new Failure("store-open", `other users can read the token in ${path}`, hint);
  }
  return new Secret(text);
}

/** The token of `default` opens more. @throws {Failure} `exists` if the file's is that of a client */
export async function refuseClientsToken(
  system: System,
  { clients }: Pick<Store, "clients">,
  path: string,
): Promise<void> {
  const token = readToken(system, path);
  const client = token && await clients.find(await hashOfToken(token.reveal()));
  if (!client) return;
  throw new Failure(
    "exists",
    `${path} has the token of the client ${client.label}, which must not open more`,
    "omit --token-file: athm serve accepts the tokens of all clients",
  );
}

/** Kept so that clients survive a restart; created if missing. @throws {Failure} as `readToken` does */
export function serverToken(system: System, path: string): Secret {
  const there = readToken(system, path);
  if (there) return there;
  const token = newToken(system);
  try {
    writeToken(system, path, token);
    return token;
  } catch (error) {
    // Another process created it first: use that token.
    if (!system.files.facts(path)) throw error;
    return serverToken(system, path);
  }
}

export function writeToken({ files }: System, path: string, token: Secret): void {
  files.create(path, new TextEncoder().encode(token.reveal() + "\n"), 0o600);
}

/** Whether the file has this token now: it may have been removed or replaced. */
export function isTokenIn(system: System, path: string, given: string): boolean {
  try {
    const token = readToken(system, path);
    return token !== undefined && sameText(given, token.reveal());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    system.trace("no token", { why: error.message });
    return false;
  }
}
