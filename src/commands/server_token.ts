import { Failure, quote } from "../model/failure.ts";
import { Secret } from "../model/secret.ts";
import { newToken } from "../delivery/child_server.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";

/** Bytes: a token with surrounding whitespace. */
const limit = 1024;

/** Kept so that clients survive a restart; created if missing. @throws {Failure} `store-open` */
export function serverToken(system: System, store: Store, file: string | undefined): Secret {
  const { files } = system;
  const path = file === undefined ? files.join(store.home, "serve.token") : files.absolute(file);
  // Orchestrators mount secrets as links, whose own mode means nothing.
  const facts = files.facts(path);
  const there = facts?.kind === "file" && facts.size > limit ? undefined : files.read(path);
  if (facts) {
    const text = new TextDecoder().decode(there).trim();
    // Only these characters fit a header, and a shorter token could be guessed. The file may be
    // anything else on the machine, so do not suggest changing it.
    if (!/^[\x21-\x7e]{32,256}$/.test(text)) {
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
  const token = newToken(system);
  try {
    files.create(path, new TextEncoder().encode(token.reveal() + "\n"), 0o600);
    return token;
  } catch (error) {
    // Another process created it first: use that token.
    if (!files.facts(path)) throw error;
    return serverToken(system, store, file);
  }
}
