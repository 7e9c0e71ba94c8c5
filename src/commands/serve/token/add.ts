import { narrowingWords } from "../../../model/credentials.ts";
import { defined } from "../../../model/fields.ts";
import { parseDuration } from "../../../model/duration.ts";
import { Failure, quote, usage } from "../../../model/failure.ts";
import { parseLabel, parseName } from "../../../model/names.ts";
import type { ServeClient } from "../../../model/proofs.ts";
import { newToken } from "../../../delivery/child_server.ts";
import type { Command } from "../../../line/command.ts";
import type { Values } from "../../../line/values.ts";
import { noProfile } from "../../../session/keep.ts";
import { narrowableProfiles } from "../../../session/serving/narrowable.ts";
import { defaultLabel, hasEnded } from "../../../session/serving/serving.ts";
import { hashOfToken } from "../../../session/serving/token.ts";
import { openStore, type Store } from "../../../session/stores.ts";
import type { System } from "../../../system/system.ts";
import { narrowingOf, narrowingOptions } from "../../profile/options.ts";
import { confirmServing } from "../confirm.ts";
import { clientNamed, clientWords } from "../client.ts";
import { readToken, tokenPath, writeToken } from "../token_file.ts";

/** `athm serve token add LABEL`: adds a client of `athm serve` with a token of its own. */
export const command: Command = {
  count: [1, 1],
  options: [
    {
      name: "profile",
      value: "NAME",
      completes: "profile",
      repeat: true,
      help: "profile that the client may use, and no other",
    },
    { name: "for", value: "TIME", help: "how long the client lasts: 8h, 30m (default: until rm)" },
    {
      name: "token-file",
      value: "FILE",
      help: "new private file for the token (default: in athm's folder)",
    },
    { name: "print", help: "print the token, once, instead of writing it to a file" },
    { name: "force", help: "replace the client with this label, whose token then ends" },
    ...narrowingOptions,
  ],
  completes: "client",
  examples: [
    "athm serve token add assistant --profile example --read-only --for 8h",
    "athm serve token add build --profile example --policy-arn ARN --token-file build.token",
  ],
  work: async (line, system) => {
    const { operands: [label = ""], values } = line;
    parseLabel(label);
    if (label.toLowerCase() === defaultLabel) {
      throw usage(
        `${defaultLabel} is the client with the server's own token`,
        "use another label; athm serve creates that token by itself",
      );
    }
    const names = values.all("profile");
    if (!names.length) {
      throw usage(
        "a client requires at least one --profile",
        `for example: athm serve token add ${label} --profile example --read-only`,
      );
    }
    const file = values.text("token-file");
    if (values.has("print") && file !== undefined) {
      throw usage("--print and --token-file cannot be combined");
    }
    names.forEach((each) => parseName(each));
    const life = lifeOf(values);
    const store = await openStore(system);
    if (!store) throw noProfile(names[0] ?? "", []);
    const narrowing = await narrowingOf(values, system, () => Promise.resolve(store));
    const profiles = await narrowableProfiles(system, store, names, narrowing);
    await confirmServing(line, system, store, profiles, narrowing);
    const token = newToken(system);
    const added = system.now();
    const client: ServeClient = defined({
      label,
      tokenHash: await hashOfToken(token.reveal()),
      profiles,
      narrowing,
      added,
      expires: life === undefined ? undefined : added + life,
    });
    const path = tokenPath(system, store, file, label);
    if (path === tokenPath(system, store, undefined)) {
      throw usage(`${path} is for the token of ${defaultLabel}`, "use another --token-file");
    }
    await store.change(async () => {
      await makeRoom(system, store, client, values);
      if (!values.has("print")) writeToken(system, path, token);
      await store.clients.save(client.tokenHash, client);
    });
    const narrowed = narrowing && narrowingWords(narrowing);
    await system.audit({ event: "client-add", client: label, narrowed });
    system.say(`athm: added the client ${label}: ${clientWords(client)}`);
    if (values.has("print")) {
      system.out(`${token.reveal()}\n`);
      return 0;
    }
    const option = file === undefined ? "" : ` --token-file ${quote(file)}`;
    const [first, ...more] = client.profiles;
    const typed = `${label}${more.length ? ` ${first}` : ""}${option}`;
    system.say(`athm: its token is in ${path}`);
    system.say(`athm: eval "$(athm serve --print-env ${typed})" uses it while athm serve runs`);
    return 0;
  },
};

function lifeOf(values: Values): number | undefined {
  const text = values.text("for");
  if (text === undefined) return undefined;
  const seconds = parseDuration(text, "--for");
  if (seconds > 0) return seconds * 1000;
  throw usage("--for requires more than 0 seconds");
}

/** Removes an earlier client of this label with its token, if it may be replaced. */
async function makeRoom(
  system: System,
  store: Store,
  { label }: ServeClient,
  values: Values,
): Promise<void> {
  const { files } = system;
  const [isForced, file] = [values.has("force"), values.text("token-file")];
  const before = await clientNamed(store, label);
  if (before && !isForced && !hasEnded(before, system.now())) {
    throw new Failure(
      "exists",
      `the client ${before.label} already exists: ${clientWords(before)}`,
      `add --force to replace it, or run athm serve token rm ${before.label}`,
    );
  }
  if (file !== undefined) clear(system, tokenPath(system, store, file), isForced);
  // The earlier token ends first: if interrupted, none works instead of both.
  if (before) await store.clients.remove(before.tokenHash);
  files.remove(tokenPath(system, store, undefined, label));
}

/** Never removes a file that has no token. */
function clear(system: System, path: string, isForced: boolean): void {
  if (!system.files.facts(path)) return;
  if (!isForced) {
    throw new Failure("exists", `${path} already exists`, "--force replaces the token in it");
  }
  readToken(system, path);
  system.files.remove(path);
}
