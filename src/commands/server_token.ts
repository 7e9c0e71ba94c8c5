import { Failure } from "../model/failure.ts";
import { Secret } from "../model/secret.ts";
import { newToken } from "../delivery/child_server.ts";
import type { Store } from "../store/store.ts";
import type { System } from "../system/system.ts";

/**
 * The token of `athm serve`, which outlives the server so that its clients need not be told again:
 * read from its file, which is made when it is missing.
 *
 * @throws {Failure} `store-open` when others can read it, `files` when it holds no token.
 */
export function serverToken(system: System, store: Store, file: string | undefined): Secret {
  const { files } = system;
  const path = file === undefined ? files.join(store.home, "serve.token") : files.absolute(file);
  // Orchestrators hand secrets over as links, whose own mode says nothing.
  const facts = files.facts(path);
  if (facts?.kind === "file" && (facts.mode ?? 0) & 0o077) {
    throw new Failure("store-open", `others can read the token in ${path}`, `chmod 600 ${path}`);
  }
  const there = files.read(path);
  if (there) {
    const text = new TextDecoder().decode(there).trim();
    // A header cannot carry anything else, and less could be guessed.
    if (/^[\x21-\x7e]{32,256}$/.test(text)) return new Secret(text);
    throw new Failure(
      "files",
      `${path} holds no token: 32 to 256 characters without spaces`,
      "remove it, and athm makes one",
    );
  }
  const token = newToken(system);
  try {
    files.create(path, new TextEncoder().encode(token.reveal() + "\n"), 0o600);
    return token;
  } catch (error) {
    // Another process was first: its token is the one.
    if (!files.facts(path)) throw error;
    return serverToken(system, store, file);
  }
}
