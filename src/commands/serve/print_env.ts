import { Failure, quote, usage } from "../../model/failure.ts";
import { nameKey, suggestion } from "../../model/names.ts";
import type { ServeClient } from "../../model/proofs.ts";
import type { Secret } from "../../model/secret.ts";
import { noProfile } from "../../session/keep.ts";
import { defaultLabel, ended, hasEnded } from "../../session/serving/serving.ts";
import { hashOfToken } from "../../session/serving/token.ts";
import { profilesIn, type Store } from "../../session/stores.ts";
import type { System } from "../../system/system.ts";
import { clientNamed } from "./client.ts";
import { readToken, serverToken, tokenPath } from "./token_file.ts";

/** A path of the server, and the token that opens it. */
export interface Address {
  readonly profile: string;
  readonly token: Secret;
}

/**
 * For the client with this label, or for the client `default` with the profile of this name. A label
 * comes first: its client is never wider.
 *
 * @param chosen the profile of a client that opens several
 */
export async function addressOf(
  system: System,
  store: Store,
  word: string,
  chosen: readonly string[],
  file: string | undefined,
): Promise<Address> {
  const client = await clientNamed(store, word);
  if (client) {
    const profile = profileOf(client, chosen);
    return { profile, token: await tokenOf(system, store, client, file) };
  }
  const profile = await store.profile(word);
  if (!profile) throw await neither(word, store);
  // The client may have been removed: what replaces its token must not be a surprise.
  if ((await store.clients.all()).length) {
    system.say(
      `athm: note: no client is labeled ${word}, so this is the token of ${defaultLabel}, ` +
        "which opens every profile that is served",
    );
  }
  return { profile: profile.name, token: serverToken(system, tokenPath(system, store, file)) };
}

function profileOf({ label, profiles }: ServeClient, chosen: readonly string[]): string {
  const [first = "", ...more] = profiles;
  const [given] = chosen;
  if (given === undefined) {
    if (!more.length) return first;
    throw usage(
      `the client ${label} opens several profiles: ${profiles.join(", ")}`,
      `add one of them: athm serve --print-env ${label} ${first}`,
    );
  }
  const found = profiles.find((each) => nameKey(each) === nameKey(given));
  if (found !== undefined) return found;
  throw usage(
    `the client ${label} does not open ${given}${suggestion(given, profiles)}`,
    `it opens ${profiles.join(", ")}`,
  );
}

async function tokenOf(
  system: System,
  store: Store,
  client: ServeClient,
  file: string | undefined,
): Promise<Secret> {
  const { label } = client;
  if (hasEnded(client, system.now())) throw ended(client);
  const path = tokenPath(system, store, file, label);
  const token = readToken(system, path);
  if (token && await hashOfToken(token.reveal()) === client.tokenHash) return token;
  throw new Failure(
    "not-found",
    token
      ? `${path} does not contain the token of the client ${label}`
      : `the token of the client ${label} is not in ${path}, and athm keeps no other copy`,
    file === undefined
      ? `use --token-file FILE with its file, or run athm serve token add ${label} --force --profile NAME for a new token`
      : `check the path ${quote(path)}`,
  );
}

async function neither(word: string, store: Store): Promise<Failure> {
  const names = profilesIn(await store.profiles()).map((each) => each.name);
  const labels = (await store.clients.all()).map((each) => each.label);
  // Without clients, only a profile can be meant.
  if (!labels.length) return noProfile(word, names);
  return new Failure(
    "not-found",
    `neither a client nor a profile is called ${JSON.stringify(word)}${
      suggestion(word, [...labels, ...names])
    }`,
    "run athm serve token ls to list clients, athm aws ls to list profiles",
  );
}
