import type { Command } from "../../line/command.ts";
import { rfc3339 } from "../../model/credentials.ts";
import { formatTimeLeft } from "../../model/duration.ts";
import { storeHome } from "../../store/files/home.ts";
import { readStoreFile, rootOf, type StoreFile, versionOf } from "../../store/store_file.ts";
import { unlockedUntil } from "../../store/custody/unlock.ts";
import type { System } from "../../system/system.ts";

/** `athm store status`: does not need the key. */
export const command: Command = {
  count: [0, 0],
  options: [{ name: "json", help: "print a JSON object" }],
  work: ({ values }, system) => {
    const home = storeHome(system);
    const file = readStoreFile(system, home);
    if (values.has("json")) {
      system.out(JSON.stringify(file ? facts(system, file) : null, undefined, 2) + "\n");
    } else if (file) {
      const rows = rowsOf(system, file);
      system.out(rows.map(([name, value]) => `${name.padEnd(10)}${value}\n`).join(""));
    } else {
      system.say(`athm: no store in ${home}; run athm aws add NAME to create one`);
    }
    return Promise.resolve(0);
  },
};

function facts(system: System, file: StoreFile) {
  const { files } = system;
  const root = rootOf(system, file.home, file.folder);
  const count = (folder: string) =>
    files.list(files.join(root, folder)).filter((name) => /^[0-9a-f]{32}$/.test(name)).length;
  const until = unlockedUntil(system, file);
  return {
    home: file.home,
    custody: file.custody.kind,
    keyId: file.keyId,
    version: versionOf(file.folder),
    profiles: count("profiles"),
    sessions: count("sessions"),
    unlockedUntil: until === undefined ? null : rfc3339(until),
    unfinished: file.before !== undefined,
  };
}

const custodies: Readonly<Record<string, string>> = {
  env: "ATHM_KEY holds the key",
  keychain: "keychain: the system keychain holds the key",
  passphrase: "passphrase: the key is encrypted in store.json",
  file: "file: the key is in store.json, for anyone who can read your files",
};

function rowsOf(system: System, file: StoreFile): readonly (readonly [string, string])[] {
  const { home, custody, keyId, version, profiles, sessions, unfinished } = facts(system, file);
  const until = unlockedUntil(system, file);
  const left = until === undefined ? "" : formatTimeLeft(until - system.now());
  const unlocked = until === undefined ? "no" : `until ${rfc3339(until)} (${left})`;
  return [
    ["store", home],
    ["custody", custodies[custody] ?? custody],
    ["key", keyId],
    ["format", String(version)],
    ["profiles", String(profiles)],
    ["sessions", String(sessions)],
    ["unlocked", file.custody.locks ? unlocked : "always"],
    ...unfinished
      ? [["note", "a change was interrupted; run athm store rekey to finish it"] as const]
      : [],
  ];
}
