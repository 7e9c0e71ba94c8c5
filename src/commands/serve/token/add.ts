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
import { openStore } from "../../../session/stores.ts";
import type { System } from "../../../system/system.ts";
import { narrowingOf, narrowingOptions } from "../../profile/options.ts";
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
  work: async ({ operands: [label = ""], values }, system) => {
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
    names.forEach(parseName);
    const life = lifeOf(values);
    const store = await openStore(system);
    if (!store) throw noProfile(names[0] ?? "", []);
    const narrowing = await narrowingOf(values, system, () => Promise.resolve(store));
    const path = tokenPath(system, store, file, label);
    const token = newToken(system);
    const client = await store.change(async () => {
      const profiles = await narrowableProfiles(system, store, names, narrowing);
      const before = await clientNamed(store, label);
      const isForced = values.has("force");
      if (before && !isForced && !hasEnded(before, system.now())) {
        throw new Failure(
          "exists",
          `the client ${before.label} already exists: ${clientWords(before)}`,
          `add --force to replace it, or run athm serve token rm ${before.label}`,
        );
      }
      const added = system.now();
      const tokenHash = await hashOfToken(token.reveal());
      const expires = life === undefined ? undefined : added + life;
      const made: ServeClient = defined({ label, tokenHash, profiles, narrowing, added, expires });
      if (file !== undefined) clear(system, path, isForced);
      // The earlier token ends first: if interrupted, none works instead of both.
      if (before) await store.clients.remove(before.tokenHash);
      system.files.remove(tokenPath(system, store, undefined, label));
      if (!values.has("print")) writeToken(system, path, token);
      await store.clients.save(tokenHash, made);
      return made;
    });
    await system.audit({ event: "client-add", client: label });
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

/** Makes place for a new token file. Never removes a file that is not one. */
function clear(system: System, path: string, isForced: boolean): void {
  if (!system.files.facts(path)) return;
  if (!isForced) {
    throw new Failure("exists", `${path} already exists`, "--force replaces the token in it");
  }
  readToken(system, path);
  system.files.remove(path);
}
